"""The pure core: what a run is and what should happen next. No clock, disk, process or network."""
