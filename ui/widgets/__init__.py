"""Small parts of the window that know no sound and no state: they show a value and say when it is changed."""
