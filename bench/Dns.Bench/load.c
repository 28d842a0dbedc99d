/*
 * load NAME [SECONDS [SOCKETS [WINDOW [SERVER]]]]: asks for the A record of NAME, over and over, and prints how many
 * answers came in a second. Each of SOCKETS keeps WINDOW questions on their way, as a container with that many
 * lookups at once does; with a WINDOW of 0 it is one question, and a new socket after each answer, as the C library
 * does it. Answers are checked: response code, at least one record.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_SOCKETS = 64, MAX_WINDOW = 64, MESSAGE = 1500, LOST_MS = 200 };

static uint8_t question[300];
static int question_bytes;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void make_question(const char *name)
{
	uint8_t *at = question + 12;

	question[2] = 1; /* RD */
	question[5] = 1;
	while (*name) {
		size_t label = strcspn(name, ".");

		*at++ = (uint8_t)label;
		memcpy(at, name, label);
		at += label;
		name += label + (name[label] == '.');
	}
	*at++ = 0;
	at[1] = at[3] = 1; /* A, IN */
	question_bytes = (int)(at + 4 - question);
}

static void ask(int fd, int count, uint16_t *next)
{
	static uint8_t copies[MAX_WINDOW][300];
	struct mmsghdr headers[MAX_WINDOW];
	struct iovec vectors[MAX_WINDOW];

	memset(headers, 0, sizeof headers);
	for (int i = 0; i < count; i++, (*next)++) {
		memcpy(copies[i], question, (size_t)question_bytes);
		copies[i][0] = (uint8_t)(*next >> 8);
		copies[i][1] = (uint8_t)*next;
		vectors[i] = (struct iovec){ copies[i], (size_t)question_bytes };
		headers[i].msg_hdr.msg_iov = &vectors[i];
		headers[i].msg_hdr.msg_iovlen = 1;
	}
	for (int sent = 0; sent < count;) {
		int r = sendmmsg(fd, headers + sent, (unsigned)(count - sent), 0);

		if (r < 0 && errno != EINTR) { perror("sendmmsg"); exit(1); }
		sent += r > 0 ? r : 0;
	}
}

static int take(int fd, long *wrong)
{
	static uint8_t answers[MAX_WINDOW][MESSAGE];
	struct mmsghdr headers[MAX_WINDOW];
	struct iovec vectors[MAX_WINDOW];
	int r;

	memset(headers, 0, sizeof headers);
	for (int i = 0; i < MAX_WINDOW; i++) {
		vectors[i] = (struct iovec){ answers[i], MESSAGE };
		headers[i].msg_hdr.msg_iov = &vectors[i];
		headers[i].msg_hdr.msg_iovlen = 1;
	}
	r = recvmmsg(fd, headers, MAX_WINDOW, MSG_DONTWAIT, NULL);
	for (int i = 0; i < r; i++) {
		uint8_t *a = answers[i];

		if (headers[i].msg_len < 12 || !(a[2] & 0x80) || (a[3] & 15) || !(a[6] | a[7])) ++*wrong;
	}
	return r > 0 ? r : 0;
}

static int open_to(const struct sockaddr_in *address)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)address, sizeof *address)) { perror("connect"); exit(1); }
	return fd;
}

int main(int argc, char **argv)
{
	double seconds = argc > 2 ? atof(argv[2]) : 3;
	int sockets = argc > 3 ? atoi(argv[3]) : 8, window = argc > 4 ? atoi(argv[4]) : 8, fresh = window == 0;
	const char *server = argc > 5 ? argv[5] : "127.0.0.11";
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(53) };
	struct pollfd fds[MAX_SOCKETS];
	uint16_t next[MAX_SOCKETS] = { 0 };
	long answered = 0, wrong = 0, lost = 0;
	double begin, end;

	window += fresh;
	if (argc < 2 || sockets < 1 || sockets > MAX_SOCKETS || window < 1 || window > MAX_WINDOW) {
		fprintf(stderr, "usage: load NAME [SECONDS [SOCKETS [WINDOW [SERVER]]]]\n");
		return 2;
	}
	inet_pton(AF_INET, server, &address.sin_addr);
	make_question(argv[1]);
	for (int i = 0; i < sockets; i++) {
		fds[i] = (struct pollfd){ open_to(&address), POLLIN, 0 };
		ask(fds[i].fd, window, &next[i]);
	}
	begin = now();
	for (end = begin; end < begin + seconds; end = now()) {
		if (poll(fds, (nfds_t)sockets, LOST_MS) == 0) {
			for (int i = 0; i < sockets; i++) ask(fds[i].fd, window, &next[i]);
			lost += (long)sockets * window;
		}
		for (int i = 0; i < sockets; i++) {
			int got = fds[i].revents ? take(fds[i].fd, &wrong) : 0;

			answered += got;
			if (got && fresh) {
				close(fds[i].fd);
				fds[i].fd = open_to(&address);
			}
			if (got) ask(fds[i].fd, got, &next[i]);
		}
	}
	printf("%.0f lookups/s (%ld answers, %ld wrong, %ld lost)\n", answered / (end - begin), answered, wrong, lost);
	return wrong > 0;
}
