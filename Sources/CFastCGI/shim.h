// libfcgi's FCGX interface. <fcgiapp.h> alone: <fcgi_stdio.h> would replace stdio by macros.

#include <fcgiapp.h>

// Swift's module Glibc leaves these out.
#include <sys/epoll.h>
#include <sys/eventfd.h>
