"""Reference data of a new office: CSV files, their loader, sample offices."""
