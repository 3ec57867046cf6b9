"""The trained net, and fitting it to a style."""
