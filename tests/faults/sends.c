/* sends: run a program and let its Nth message to the kernel's network fail.
 *
 *   sends REPORT N[@FILE] COMMAND...
 *
 * sendto(2) on netlink sockets, of the command and of all that comes from it, is held by a seccomp filter whose listener
 * is this program (seccomp_unotify(2)); the Nth gets ENOBUFS, all others go on. What is left of the command's processes
 * when it ends is served further on, by a process in the background that ends with the last of them.
 *
 * REPORT gets how many there were when the command ended. With @FILE only those are counted that come once there is
 * FILE, and REPORT goes on with those after the command's end. Exit code: the command's, 128 + signal when it was
 * killed, 99 when something is wrong here.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void die(const char *what) { perror(what); exit(99); }

static int install_filter(void) {
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_sendto, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = { .len = sizeof filter / sizeof *filter, .filter = filter };
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
}

static int is_netlink(int pid, int fd) {
    int process = syscall(SYS_pidfd_open, pid, 0), domain = -1;
    if (process < 0) {
        /* A thread that is not the first of its process. */
        char path[64], line[256];
        snprintf(path, sizeof path, "/proc/%d/status", pid);
        FILE *status = fopen(path, "r");
        for (int leader; status && fgets(line, sizeof line, status);)
            if (sscanf(line, "Tgid: %d", &leader) == 1) process = syscall(SYS_pidfd_open, leader, 0);
        if (status) fclose(status);
    }
    int own = process < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, process, fd, 0);
    socklen_t size = sizeof domain;
    if (own >= 0) { getsockopt(own, SOL_SOCKET, SO_DOMAIN, &domain, &size); close(own); }
    if (process >= 0) close(process);
    return domain == AF_NETLINK;
}

/* Over the one before unless that is of another run: whoever reads it meanwhile finds either. */
static void write_report(const char *path, long count, int truncate) {
    int report = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | truncate, 0644);
    if (report < 0 || dprintf(report, "%ld\n", count) < 0) die(path);
    close(report);
}

/* Until the process behind ended has, or, without one, until nobody is left who has the filter. */
static void serve(int listener, int ended, const char *path, long target, const char *gate, long *count) {
    struct pollfd waits[] = { { listener, POLLIN, 0 }, { ended, POLLIN, 0 } };
    while (poll(waits, ended < 0 ? 1 : 2, -1) > 0) {
        if (ended >= 0 && waits[1].revents & POLLIN) return;
        if (!(waits[0].revents & POLLIN)) { if (waits[0].revents) return; continue; }
        struct seccomp_notif request = { 0 };
        if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &request)) continue; /* Its thread is gone already. */
        struct seccomp_notif_resp response = { .id = request.id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };
        if (is_netlink(request.pid, request.data.args[0]) && (!gate || !access(gate, F_OK))) {
            if (++*count == target) response = (struct seccomp_notif_resp){ .id = request.id, .error = -ENOBUFS };
            if (ended < 0 && gate) write_report(path, *count, 0);
        }
        ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
    }
}

int main(int argc, char **argv) {
    if (argc < 4) { fprintf(stderr, "usage: sends REPORT N[@FILE] COMMAND...\n"); return 99; }
    long count = 0, target = atol(argv[2]);
    char *gate = strchr(argv[2], '@');
    if (gate) gate++;
    int status, sockets[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets)) die("socketpair");
    pid_t child = fork();
    if (child == 0) {
        int listener = install_filter();
        if (listener < 0) die("seccomp");
        /* Its number is enough for the other side, which fetches it. */
        if (write(sockets[1], &listener, sizeof listener) != sizeof listener) die("write");
        if (read(sockets[1], &status, 1) != 1) die("read");
        close(listener);
        execvp(argv[3], argv + 3);
        die(argv[3]);
    }
    int number, ended = syscall(SYS_pidfd_open, child, 0);
    if (read(sockets[0], &number, sizeof number) != sizeof number) die("read");
    int listener = syscall(SYS_pidfd_getfd, ended, number, 0);
    if (listener < 0) die("pidfd_getfd");
    if (write(sockets[0], "", 1) != 1) die("write");
    serve(listener, ended, argv[1], target, gate, &count);
    waitpid(child, &status, 0);
    write_report(argv[1], count, O_TRUNC);
    if (fork() == 0) {
        /* Nobody waits for this one's output. */
        close(0); close(1); close(2);
        setsid();
        serve(listener, -1, argv[1], target, gate, &count);
        return 0;
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
