"""A tree's changes and its package databases → each change with its class, its explanation, and who vouches for it."""
