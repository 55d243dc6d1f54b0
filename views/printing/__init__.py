"""Records on paper: forms, registers and case folders, as pages and as PDF."""
