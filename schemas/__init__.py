"""The application's classes, one file each; the server makes their columns before the first save."""
