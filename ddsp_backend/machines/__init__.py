"""Virtual machines in Google Cloud, made to train on and deleted after; each is reached as any host is (remote)."""
