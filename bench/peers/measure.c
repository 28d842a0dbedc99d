/* measure: runs commands in interleaved rounds and prints what each run took.
 *
 * usage: measure ROUNDS < CASES > SAMPLES
 * CASES, one a line, fields separated by tabs:  NAME  MOUNTNS  BEFORE  COMMAND  AFTER
 *   MOUNTNS  a namespace file to run the command in, or "-"
 *   BEFORE   a shell line run before each sample, not timed, or "-"
 *   COMMAND  the timed command: words separated by spaces, started without a shell
 *   AFTER    as BEFORE, after the sample
 * SAMPLES: NAME, microseconds, user and system microseconds of the command's own processes, exit status.
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

enum { MAX_CASES = 64, MAX_WORDS = 64 };

struct sample_case {
    char *name, *before, *after;
    char *words[MAX_WORDS];
    int mount_namespace;
};

static struct sample_case cases[MAX_CASES];

static long long now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static void shell(const char *line, const char *name)
{
    if (strcmp(line, "-") != 0 && system(line) != 0)
        fprintf(stderr, "measure: %s: failed: %s\n", name, line);
}

static int parse(char *line, struct sample_case *c)
{
    char *fields[5];
    for (int i = 0; i < 5; i++) {
        fields[i] = strsep(&line, i < 4 ? "\t" : "\n");
        if (!fields[i])
            return -1;
    }
    c->name = fields[0];
    c->before = fields[2];
    c->after = fields[4];
    c->mount_namespace = -1;
    if (strcmp(fields[1], "-") != 0 && (c->mount_namespace = open(fields[1], O_RDONLY | O_CLOEXEC)) < 0)
        return -1;
    int n = 0;
    for (char *word = strtok(fields[3], " "); word && n < MAX_WORDS - 1; word = strtok(NULL, " "))
        c->words[n++] = word;
    return n ? 0 : -1;
}

static void run(const struct sample_case *c, int print)
{
    struct rusage usage;
    int status;
    shell(c->before, c->name);
    long long start = now_us();
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
    shell(c->after, c->name);
    if (!print)
        return;
    printf("%s\t%lld\t%ld\t%ld\t%d\n", c->name, took,
           usage.ru_utime.tv_sec * 1000000L + usage.ru_utime.tv_usec,
           usage.ru_stime.tv_sec * 1000000L + usage.ru_stime.tv_usec,
           WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
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
