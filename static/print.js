// The one thing a printed page needs a script for: its button.
document.querySelector("[data-print]")?.addEventListener("click", () => window.print());
