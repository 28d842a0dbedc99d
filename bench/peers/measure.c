/* measure: runs commands in interleaved rounds and prints what each run took.
 *
 * usage: measure ROUNDS < CASES > SAMPLES
 * CASES, one a line, fields separated by tabs:  NAME  MOUNTNS  DAEMONS  BEFORE  COMMAND  AFTER
 *   MOUNTNS  a namespace file to run the command in, or "-"
 *   DAEMONS  the cpu.stat of a v2 cgroup with the daemons that work for the command, or "-"
 *   BEFORE   a shell line run before each sample, not timed, or "-"; its failure ends everything
 *   COMMAND  the timed command: words separated by spaces, started without a shell
 *   AFTER    as BEFORE, after the sample, but its failure is only told
 * SAMPLES, fields separated by tabs:
 *   NAME
 *   wall-clock microseconds
 *   CPU microseconds, user and system, of the command and of the children it has waited for
 *   CPU microseconds that the daemons' cgroup used meanwhile; 0 without one
 *   exit status, or 128 and the signal
 *   peak resident set in KiB: the largest of the command's processes, not their sum
 *
 * A cgroup, not the daemons' /proc/PID/stat: it also has what children that have come and gone used, and it is
 * exact, where stat counts in hundredths of a second. Not in a sample is what the daemons go on doing after the
 * command has returned, and what kernel threads do for any of them (write-back, the loop device).
 *
 * Each sample begins a moment after the command before it: what that one goes on doing when it has returned (podman's
 * clean-up, the kernel's removal of its namespaces, which holds locks that a start needs) would be in this one's time. The moment is
 * waited for without sleep: a CPU that was idle takes longer with what comes first, by a different part of each time.
 *
 * The first round warms up and is not printed. A vfork-like start (posix_spawn would hide the
 * setns) keeps our own cost below the noise, the same for every case.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_CASES = 64, MAX_WORDS = 64, SETTLE_US = 50000 };

struct sample_case {
    char *name, *before, *after;
    char *words[MAX_WORDS];
    int mount_namespace, daemons;
};

static struct sample_case cases[MAX_CASES];

static long long now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static int shell(const char *line, const char *name)
{
    if (strcmp(line, "-") == 0 || system(line) == 0)
        return 0;
    fprintf(stderr, "measure: %s: failed: %s\n", name, line);
    return -1;
}

/* What the cgroup's processes, ended ones included, have used so far. */
static long long daemons_us(int stat)
{
    char text[512];
    long long us;
    if (stat < 0)
        return 0;
    ssize_t length = pread(stat, text, sizeof text - 1, 0);
    text[length > 0 ? length : 0] = 0;
    if (sscanf(text, "usage_usec %lld", &us) != 1) {
        fprintf(stderr, "measure: cannot read usage_usec from a cpu.stat\n");
        exit(1);
    }
    return us;
}

static int open_or_none(const char *path, int *fd)
{
    *fd = -1;
    if (strcmp(path, "-") == 0)
        return 0;
    *fd = open(path, O_RDONLY | O_CLOEXEC);
    if (*fd < 0)
        perror(path);
    return *fd < 0 ? -1 : 0;
}

static int parse(char *line, struct sample_case *c)
{
    char *fields[6];
    for (int i = 0; i < 6; i++) {
        fields[i] = strsep(&line, i < 5 ? "\t" : "\n");
        if (!fields[i])
            return -1;
    }
    c->name = fields[0];
    c->before = fields[3];
    c->after = fields[5];
    if (open_or_none(fields[1], &c->mount_namespace) != 0 || open_or_none(fields[2], &c->daemons) != 0)
        return -1;
    int n = 0;
    for (char *word = strtok(fields[4], " "); word && n < MAX_WORDS - 1; word = strtok(NULL, " "))
        c->words[n++] = word;
    return n ? 0 : -1;
}

static long long us(struct timeval t)
{
    return t.tv_sec * 1000000LL + t.tv_usec;
}

static void run(const struct sample_case *c, int print)
{
    struct rusage usage;
    int status;
    if (shell(c->before, c->name) != 0)
        exit(1);
    for (long long until = now_us() + SETTLE_US; now_us() < until;)
        ;
    long long daemons = daemons_us(c->daemons), start = now_us();
    pid_t pid = vfork();
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);
        dup2(null, 0);
        dup2(null, 1);
        if (c->mount_namespace >= 0 && setns(c->mount_namespace, CLONE_NEWNS) != 0)
            _exit(120);
        execvp(c->words[0], c->words);
        _exit(121);
    }
    if (pid < 0 || wait4(pid, &status, 0, &usage) != pid) {
        perror("measure");
        exit(1);
    }
    long long took = now_us() - start;
    daemons = daemons_us(c->daemons) - daemons;
    shell(c->after, c->name);
    if (!print)
        return;
    printf("%s\t%lld\t%lld\t%lld\t%d\t%ld\n", c->name, took, us(usage.ru_utime) + us(usage.ru_stime), daemons,
           WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), usage.ru_maxrss);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    int rounds = argc == 2 ? atoi(argv[1]) : 0, count = 0;
    char *line = NULL;
    size_t size = 0;
    if (rounds < 1) {
        fprintf(stderr, "usage: measure ROUNDS < CASES\n");
        return 2;
    }
    while (count < MAX_CASES && getline(&line, &size, stdin) > 0) {
        if (parse(line, &cases[count]) != 0) {
            fprintf(stderr, "measure: bad case in line %d\n", count + 1);
            return 2;
        }
        count++;
        line = NULL;
    }
    for (int round = 0; round <= rounds; round++)
        for (int i = 0; i < count; i++)
            run(&cases[i], round > 0);
    return 0;
}
