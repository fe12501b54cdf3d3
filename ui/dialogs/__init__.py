"""Pages that stand beside the work for a while: they ask nothing that the window would have to wait for."""
