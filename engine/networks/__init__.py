"""Networks, one file per box of the block diagram; each states its tensor contract."""
