"""One controller a page: it hears the view's requests, asks for jobs, and tells the view the state."""
