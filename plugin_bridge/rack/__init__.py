"""The rack process: the designer's own effects, in processes that may die."""
