"""Making the models: sounds with captions, the stages of training, and the commands that run them."""
