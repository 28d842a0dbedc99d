/*
 * connect serve PORT: answers each connection's byte with one, eight processes side by side, until it is killed.
 * connect ADDRESS PORT [SECONDS [CLIENTS]]: makes short TCP connections to it, one after the other in each of CLIENTS
 * processes, and prints how many there were in a second. A connection is made, a byte goes there and one comes back,
 * and the client ends it with a reset, which leaves nothing that waits (TIME_WAIT) at either end or in between.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SERVERS = 8, MAX_CLIENTS = 64 };

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static int failed(const char *what)
{
	perror(what);
	return 1;
}

/* A packet that is lost on the way costs a connection, not the run. */
static void give_up_soon(int fd)
{
	struct timeval second = { 1, 0 };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &second, sizeof second);
}

static int serve(struct sockaddr_in address)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 1024)) return failed("listen");
	for (int i = 1; i < SERVERS; i++)
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			break;
		}
	for (;;) {
		int client = accept(fd, NULL, NULL);
		char byte;

		if (client < 0) continue;
		give_up_soon(client);
		if (recv(client, &byte, 1, 0) == 1) send(client, &byte, 1, MSG_NOSIGNAL);
		/* Until the client has ended it. */
		recv(client, &byte, 1, 0);
		close(client);
	}
}

/* Whether there was a connection, from SYN to answer. */
static int once(const struct sockaddr_in *address)
{
	struct linger reset = { 1, 0 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), good;
	char byte = 'x';

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
	give_up_soon(fd);
	good = connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 && send(fd, &byte, 1, 0) == 1 &&
	       recv(fd, &byte, 1, 0) == 1;
	close(fd);
	return good;
}

static int ask(const struct sockaddr_in *address, double seconds, int clients)
{
	int pipes[2];
	long counts[2], made = 0, bad = 0;
	double begin = now(), end = begin + seconds;

	if (pipe(pipes)) return failed("pipe");
	for (int i = 0; i < clients; i++)
		if (fork() == 0) {
			for (counts[0] = counts[1] = 0; now() < end;) ++counts[!once(address)];
			_exit(write(pipes[1], counts, sizeof counts) != sizeof counts);
		}
	for (int i = 0; i < clients; i++) {
		if (read(pipes[0], counts, sizeof counts) != sizeof counts) return failed("read");
		made += counts[0];
		bad += counts[1];
	}
	printf("%.0f connections/s (%ld made, %ld failed)\n", made / (now() - begin), made, bad);
	while (wait(NULL) > 0) continue;
	return bad > 0 || made == 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	double seconds = argc > 3 ? atof(argv[3]) : 2;
	int clients = argc > 4 ? atoi(argv[4]) : 8;

	if (argc < 3 || clients < 1 || clients > MAX_CLIENTS) {
		fprintf(stderr, "usage: connect serve PORT | connect ADDRESS PORT [SECONDS [CLIENTS]]\n");
		return 2;
	}
	address.sin_port = htons((unsigned short)atoi(argv[2]));
	if (strcmp(argv[1], "serve") == 0) return serve(address);
	if (inet_pton(AF_INET, argv[1], &address.sin_addr) != 1) return failed(argv[1]);
	return ask(&address, seconds, clients);
}
