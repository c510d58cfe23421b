"""The application's hooks. `main` lists what is switched on; developers put their own modules beside it."""
