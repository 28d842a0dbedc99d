/* faults: run a program and let its Nth storing call below a directory fail.
 *
 *   faults ROOT REPORT N ACTION COMMAND...
 *
 * Storing calls are those that make, change or flush something on disk and so can meet a full or broken one. They are
 * held by a seccomp filter whose listener is this program (seccomp_unotify(2)), which looks up what they are about,
 * counts those on paths below ROOT, over all threads, and lets the kernel go on with them; all but the Nth, which gets
 * the errno that ACTION names (ENOSPC, EDQUOT, EIO) or, with KILL, is the last thing the process has tried. The program
 * under test knows nothing of this. Calls that take names away count with KILL only: no errno is meant for them.
 *
 * REPORT gets one line, "COUNT CALL PATH": how many calls there were, and which was the Nth ("0 - -" beyond the last).
 * Exit code: the command's, 128 + signal when it was killed, 99 when something is wrong here.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#endif

/* Where a call says what it is about: a descriptor, or a directory and a name. */
enum about { FILE_OF_FD, NAME, NAME_TO, PATH, NAME_IF_CREATED, NAME_IF_CREATED_2, NAME_TAKEN_AWAY };

static const struct { int number; const char *name; enum about about; } calls[] = {
    { SYS_write, "write", FILE_OF_FD }, { SYS_pwrite64, "pwrite64", FILE_OF_FD },
    { SYS_writev, "writev", FILE_OF_FD }, { SYS_pwritev, "pwritev", FILE_OF_FD },
    { SYS_ftruncate, "ftruncate", FILE_OF_FD }, { SYS_fallocate, "fallocate", FILE_OF_FD },
    { SYS_fsync, "fsync", FILE_OF_FD }, { SYS_fdatasync, "fdatasync", FILE_OF_FD },
    { SYS_syncfs, "syncfs", FILE_OF_FD }, { SYS_fchown, "fchown", FILE_OF_FD },
    { SYS_fchmod, "fchmod", FILE_OF_FD }, { SYS_fsetxattr, "fsetxattr", FILE_OF_FD },
    { SYS_utimensat, "utimensat", NAME }, { SYS_fchownat, "fchownat", NAME }, { SYS_fchmodat, "fchmodat", NAME },
    { SYS_mkdirat, "mkdirat", NAME }, { SYS_mknodat, "mknodat", NAME },
    { SYS_symlinkat, "symlinkat", NAME_TO }, { SYS_linkat, "linkat", NAME }, { SYS_renameat2, "renameat2", NAME },
    { SYS_lsetxattr, "lsetxattr", PATH }, { SYS_openat, "openat", NAME_IF_CREATED },
    { SYS_openat2, "openat2", NAME_IF_CREATED_2 }, { SYS_unlinkat, "unlinkat", NAME_TAKEN_AWAY },
};
#define CALLS (sizeof calls / sizeof *calls)

static void die(const char *what) { perror(what); exit(99); }

static int install_filter(void) {
    struct sock_filter filter[4 + CALLS * 2 + 1];
    int n = 0;
    filter[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
    filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0);
    filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    filter[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < CALLS; i++) {
        filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, calls[i].number, 0, 1);
        filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
    }
    filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = { .len = n, .filter = filter };
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
}

static void pass(int socket, int fd) {
    char byte = 0, control[CMSG_SPACE(sizeof fd)] = { 0 };
    struct iovec data = { &byte, 1 };
    struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = control,
        .msg_controllen = sizeof control };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    *header = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof fd), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS };
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
    if (sendmsg(socket, &message, 0) != 1) die("sendmsg");
}

static int receive(int socket) {
    int fd;
    char byte, control[CMSG_SPACE(sizeof fd)];
    struct iovec data = { &byte, 1 };
    struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = control,
        .msg_controllen = sizeof control };
    if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != 1) die("recvmsg");
    memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
    return fd;
}

/* Memory of the process under test. A string may end before the buffer, at the end of what can be read. */
static ssize_t peek(int pid, unsigned long long address, void *buffer, size_t size) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/mem", pid);
    int memory = open(path, O_RDONLY | O_CLOEXEC);
    if (memory < 0) return -1;
    ssize_t got = 0, more;
    /* Page by page: the next one may not be there. */
    while ((size_t)got < size) {
        size_t piece = 4096 - (address + got) % 4096;
        if (piece > size - got) piece = size - got;
        if ((more = pread(memory, (char *)buffer + got, piece, address + got)) <= 0) break;
        got += more;
    }
    close(memory);
    return got;
}

static void path_of_fd(int pid, int fd, char *path) {
    char link[64];
    snprintf(link, sizeof link, fd == AT_FDCWD ? "/proc/%d/cwd" : "/proc/%d/fd/%d", pid, fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    path[length < 0 ? 0 : length] = 0;
}

static void path_of_name(int pid, int directory, unsigned long long address, char *path) {
    char name[PATH_MAX] = "";
    if (address && peek(pid, address, name, sizeof name - 1) <= 0) name[0] = 0;
    if (name[0] == '/') { strcpy(path, name); return; }
    path_of_fd(pid, directory, path);
    if (name[0]) { strncat(path, "/", PATH_MAX - strlen(path) - 1); strncat(path, name, PATH_MAX - strlen(path) - 1); }
}

static int creates(int pid, const struct seccomp_data *data, enum about about) {
    struct open_how how = { 0 };
    if (about == NAME_IF_CREATED) return (data->args[2] & O_CREAT) != 0;
    return peek(pid, data->args[2], &how, sizeof how) > 0 && (how.flags & O_CREAT) != 0;
}

/* The index in calls of a call below root, its path in path; -1 for all others. */
static int matches(const struct seccomp_notif *request, const char *root, int kill, char *path) {
    const struct seccomp_data *data = &request->data;
    size_t i = 0;
    while (i < CALLS && calls[i].number != data->nr) i++;
    if (i == CALLS) return -1;
    enum about about = calls[i].about;
    if (about == NAME_TAKEN_AWAY && !kill) return -1;
    if ((about == NAME_IF_CREATED || about == NAME_IF_CREATED_2) && !creates(request->pid, data, about)) return -1;
    if (about == FILE_OF_FD) path_of_fd(request->pid, data->args[0], path);
    else if (about == NAME_TO) path_of_name(request->pid, data->args[1], data->args[2], path);
    else if (about == PATH) path_of_name(request->pid, AT_FDCWD, data->args[0], path);
    else path_of_name(request->pid, data->args[0], data->args[1], path);
    size_t length = strlen(root);
    return strncmp(path, root, length) == 0 && (path[length] == '/' || path[length] == 0) ? (int)i : -1;
}

static int errno_of(const char *action) {
    if (strcmp(action, "ENOSPC") == 0) return ENOSPC;
    if (strcmp(action, "EDQUOT") == 0) return EDQUOT;
    if (strcmp(action, "EIO") == 0) return EIO;
    if (strcmp(action, "KILL") == 0) return 0;
    fprintf(stderr, "faults: unknown action %s\n", action);
    exit(99);
}

int main(int argc, char **argv) {
    if (argc < 6) { fprintf(stderr, "usage: faults ROOT REPORT N ACTION COMMAND...\n"); return 99; }
    const char *root = argv[1];
    long target = atol(argv[3]), count = 0;
    int error = errno_of(argv[4]), hit = -1, sockets[2], status;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets)) die("socketpair");
    pid_t child = fork();
    if (child == 0) {
        int listener = install_filter();
        if (listener < 0) die("seccomp");
        pass(sockets[1], listener);
        close(listener);
        execvp(argv[5], argv + 5);
        die(argv[5]);
    }
    int listener = receive(sockets[0]), ended = syscall(SYS_pidfd_open, child, 0);
    char path[PATH_MAX], where[PATH_MAX] = "-";
    struct pollfd waits[] = { { listener, POLLIN, 0 }, { ended, POLLIN, 0 } };
    while (poll(waits, 2, -1) > 0 && !(waits[1].revents & POLLIN)) {
        if (!(waits[0].revents & POLLIN)) continue;
        struct seccomp_notif request = { 0 };
        if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &request)) continue; /* Its thread is gone already. */
        struct seccomp_notif_resp response = { .id = request.id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };
        int call = matches(&request, root, error == 0, path);
        if (call >= 0 && ++count == target) {
            hit = call;
            strcpy(where, path);
            if (error == 0) { kill(child, SIGKILL); continue; }
            response = (struct seccomp_notif_resp){ .id = request.id, .error = -error };
        }
        ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
    }
    waitpid(child, &status, 0);
    FILE *report = fopen(argv[2], "w");
    if (!report) die(argv[2]);
    fprintf(report, "%ld %s %s\n", count, hit < 0 ? "-" : calls[hit].name, where);
    fclose(report);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
