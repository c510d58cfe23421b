"""The game's classes."""
