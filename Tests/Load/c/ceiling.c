// The ceiling: what nginx and libfcgi can do if the responder does nothing. It reads each request's body and sends the
// same bytes to everybody. usage: ceiling SOCKET BODY-FILE
//
// Kept connections wait in epoll and not in a thread's blocking read: with plain FCGX_Accept_r a connection holds its
// thread while it is idle, which serves a tenth less and lets others wait.

#include <fcgiapp.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { threads = 4 };

static int events, listener;
static char *answer;
static int answer_length;

static void watch(int operation, int connection) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT, .data.fd = connection};
    epoll_ctl(events, operation, connection, &event);
}

static void serve(FCGX_Request *request, int connection) {
    char byte, body[8192];
    if (recv(connection, &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0) {
        close(connection);
        return;
    }
    request->ipcFd = connection;
    request->keepConnection = 1;
    request->detached = 1;
    if (FCGX_Accept_r(request) != 0) return;
    while (FCGX_GetStr(body, sizeof body, request->in) == sizeof body) {}
    FCGX_PutStr(answer, answer_length, request->out);
    FCGX_Finish_r(request);
    if (request->ipcFd >= 0) watch(EPOLL_CTL_MOD, connection);
    request->ipcFd = -1;
}

static void *work(void *unused) {
    FCGX_Request request;
    FCGX_InitRequest(&request, -1, 0);
    while (1) {
        struct epoll_event event;
        if (epoll_wait(events, &event, 1, -1) != 1) continue;
        if (event.data.fd != listener) {
            serve(&request, event.data.fd);
            continue;
        }
        int connection = accept(listener, NULL, NULL);
        if (connection >= 0) watch(EPOLL_CTL_ADD, connection);
    }
    return unused;
}

// The whole answer with its head, made once.
static void read_answer(const char *path) {
    FILE *file = fopen(path, "r");
    if (!file) { perror(path); exit(1); }
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    answer = malloc(size + 200);
    answer_length = sprintf(answer, "Status: 200 OK\r\nContent-Type: application/json\r\nContent-Length: %ld\r\n\r\n", size);
    answer_length += fread(answer + answer_length, 1, size, file);
    fclose(file);
}

static void open_listener(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    unlink(path);
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 4096)) { perror(path); exit(1); }
}

int main(int count, char **arguments) {
    if (count != 3) { fprintf(stderr, "usage: ceiling SOCKET BODY-FILE\n"); return 1; }
    FCGX_Init();
    signal(SIGTERM, SIG_DFL);
    read_answer(arguments[2]);
    events = epoll_create1(0);
    open_listener(arguments[1]);
    struct epoll_event event = {.events = EPOLLIN | EPOLLEXCLUSIVE, .data.fd = listener};
    epoll_ctl(events, EPOLL_CTL_ADD, listener, &event);
    pthread_t thread;
    for (int i = 0; i < threads; i++) pthread_create(&thread, NULL, work, NULL);
    pthread_join(thread, NULL);
}
