"""Why objects are alive: paths from roots, owners, retained sizes."""
