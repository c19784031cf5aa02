//! Fork servers, templates and channels to Python children.
