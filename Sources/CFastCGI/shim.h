// libfcgi's FCGX interface. <fcgiapp.h> alone: <fcgi_stdio.h> would replace stdio by macros.

#include <fcgiapp.h>

// Swift's module Glibc leaves these out.
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/types.h>

// The process that has called listen() at the other end of a unix socket; 0 if it cannot be told (unix(7), SO_PEERCRED).
static inline pid_t cfastcgi_listening_process(int socket) {
    struct { pid_t pid; uid_t user; gid_t group; } peer;
    socklen_t length = sizeof peer;
    return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 ? peer.pid : 0;
}
