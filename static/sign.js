// A signature drawn on glass: its strokes go with the form, scaled to one sheet.
import SignaturePad from "./vendor/signature_pad/index.js";

function ready(area) {
  const canvas = area.querySelector("canvas");
  const sent = area.querySelector("[name=strokes]");
  const [width, height] = area.dataset.pad.split("x").map(Number);
  const pad = new SignaturePad(canvas, { penColor: getComputedStyle(canvas).color });
  const fit = () => {
    const ratio = Math.max(devicePixelRatio || 1, 1);
    const drawn = pad.toData();
    canvas.width = canvas.offsetWidth * ratio;
    canvas.height = canvas.offsetHeight * ratio;
    canvas.getContext("2d").scale(ratio, ratio);
    pad.fromData(drawn);
  };
  const keep = () => {
    const across = width / canvas.offsetWidth;
    const down = height / canvas.offsetHeight;
    const flat = (stroke) => stroke.points.flatMap(({ x, y }) => [Math.round(x * across), Math.round(y * down)]);
    sent.value = pad.isEmpty() ? "" : JSON.stringify(pad.toData().map(flat));
  };
  pad.addEventListener("endStroke", keep);
  area.querySelector("[data-clear]").addEventListener("click", () => { pad.clear(); keep(); });
  area.hidden = false;
  new ResizeObserver(() => { if (canvas.offsetWidth) fit(); }).observe(canvas);
}

document.querySelectorAll("[data-pad]").forEach(ready);
