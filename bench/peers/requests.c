/*
 * requests SOCKET CLIENTS COUNT PATH...: asks a unix socket for the paths in turn by HTTP GET, COUNT times in all, in
 * CLIENTS processes side by side, each on one connection, and prints how many there were in a second. An answer that
 * has not the status 200 ends it.
 * requests SOCKET hold COUNT METHOD PATH: opens COUNT connections, sends the request on each, reads the head of the
 * answer (200 or 101), prints "held", and keeps all of them until its input ends.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

enum { MAX_CLIENTS = 256, BUFFER = 1 << 16 };

struct input {
	int fd;
	size_t from, to;
	char bytes[BUFFER];
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void fail(const char *what)
{
	fprintf(stderr, "requests: %s (%s)\n", what, errno ? strerror(errno) : "that was not expected");
	exit(1);
}

static int open_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strncpy(address.sun_path, path, sizeof address.sun_path - 1);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address)) fail("connect");
	return fd;
}

static void send_all(int fd, const char *bytes, size_t count)
{
	while (count > 0) {
		ssize_t n = write(fd, bytes, count);
		if (n <= 0) fail("write");
		bytes += n;
		count -= n;
	}
}

static void fill(struct input *in)
{
	ssize_t n = read(in->fd, in->bytes, BUFFER);

	if (n <= 0) fail("the connection has ended");
	in->from = 0;
	in->to = n;
}

/* A line without its end. */
static void read_line(struct input *in, char *line, size_t size)
{
	size_t n = 0;

	for (;;) {
		if (in->from == in->to) fill(in);
		char c = in->bytes[in->from++];
		if (c == '\n') break;
		if (c != '\r' && n + 1 < size) line[n++] = c;
	}
	line[n] = 0;
}

static void skip(struct input *in, size_t count)
{
	while (count > 0) {
		if (in->from == in->to) fill(in);
		size_t n = in->to - in->from < count ? in->to - in->from : count;
		in->from += n;
		count -= n;
	}
}

/* Reads a head; *length is the body's, -1 when it comes in chunks, 0 when nothing tells. */
static int read_head(struct input *in, long *length)
{
	char line[4096];
	int status;

	read_line(in, line, sizeof line);
	if (sscanf(line, "HTTP/1.1 %d", &status) != 1) fail(line);
	*length = 0;
	for (;;) {
		read_line(in, line, sizeof line);
		if (!*line) return status;
		if (!strncasecmp(line, "content-length:", 15)) *length = atol(line + 15);
		if (!strncasecmp(line, "transfer-encoding:", 18)) *length = -1;
	}
}

static void read_answer(struct input *in)
{
	char line[256];
	long length;

	if (read_head(in, &length) != 200) fail("a status other than 200");
	if (length >= 0) {
		skip(in, length);
		return;
	}
	do {
		read_line(in, line, sizeof line);
		length = strtol(line, NULL, 16);
		skip(in, length);
		read_line(in, line, sizeof line);
	} while (length > 0);
}

static void ask(const char *path, long count, char **paths, int kinds)
{
	static struct input in;
	char request[1024];

	in.fd = open_socket(path);
	for (long i = 0; i < count; i++) {
		int n = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: docker\r\n\r\n", paths[i % kinds]);
		send_all(in.fd, request, n);
		read_answer(&in);
	}
}

static int hold(const char *path, int count, const char *method, const char *what)
{
	static struct input in;
	char request[1024];
	long length;
	int n = snprintf(request, sizeof request, "%s %s HTTP/1.1\r\nHost: docker\r\n%s\r\n", method, what,
		strcmp(method, "POST") ? "" : "Connection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n");

	for (int i = 0; i < count; i++) {
		in.fd = open_socket(path);
		in.from = in.to = 0;
		send_all(in.fd, request, n);
		int status = read_head(&in, &length);
		if (status != 200 && status != 101) fail("a status other than 200 and 101");
	}
	puts("held");
	fflush(stdout);
	while (read(0, request, sizeof request) > 0) {}
	return 0;
}

int main(int argc, char **argv)
{
	int clients, status, failed = 0;
	long count;
	double start;

	if (argc == 6 && !strcmp(argv[2], "hold")) return hold(argv[1], atoi(argv[3]), argv[4], argv[5]);
	if (argc < 5 || (clients = atoi(argv[2])) < 1 || clients > MAX_CLIENTS || (count = atol(argv[3])) < clients) {
		fprintf(stderr, "usage: requests SOCKET CLIENTS COUNT PATH... | SOCKET hold COUNT METHOD PATH\n");
		return 2;
	}
	count /= clients;
	start = now();
	for (int i = 0; i < clients; i++) {
		if (fork()) continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		ask(argv[1], count, argv + 4, argc - 4);
		_exit(0);
	}
	while (wait(&status) > 0) failed |= status;
	if (failed) return 1;
	printf("%.0f\n", count * clients / (now() - start));
	return 0;
}
