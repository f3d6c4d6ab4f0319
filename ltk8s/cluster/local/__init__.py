"""The local cluster: Jobs are files, their containers are processes of this machine."""
