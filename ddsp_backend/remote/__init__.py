"""Jobs on other machines, reached through ssh: hosts, their set-up, and the relay that makes a run there look local."""
