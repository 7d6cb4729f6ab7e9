/* udp-delay TARGET-PORT ROUND-TRIP-MS MTU [LOSS]: a UDP relay that makes the way longer.
 *
 * Listens on a free port of 127.0.0.1, prints it, and passes datagrams on to TARGET-PORT and back,
 * each ROUND-TRIP-MS / 2 later. Datagrams that an IP packet of MTU bytes cannot hold are dropped, and
 * of the others LOSS percent, by chance (with it nothing stays joined, and the relay is slower).
 * Bandwidth is not limited and order is kept. It ends when its standard input does.
 *
 * In C, because it must not be what limits a benchmark: datagrams that the kernel joined (GRO) are
 * passed on as they are (GSO), and wait in blocks that are used again. */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

enum { MAX_FLOWS = 256, BLOCK = 65536, MAX_WAITING = 16384, HEADERS = 28 };

struct block {
  struct block *next;
  int64_t due;
  int flow;
  int to_target;
  size_t size;
  uint16_t segment;
  char bytes[BLOCK];
};

/* A client, by its address, and the socket that stands for it at the target. */
struct flow {
  struct sockaddr_in client;
  int fd;
};

static struct flow flows[MAX_FLOWS];
static int flow_count;
static int front;
static struct sockaddr_in target;
static struct block *first, **last = &first, *spare;
static int waiting;
static int64_t delay;
static size_t largest;
static double loss;

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static int open_socket(void) {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int size = 64 << 20, small = 8 << 20, on = 1;
  if (fd < 0) fail("socket");
  /* Beyond the limit where we are allowed to. */
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) != 0) setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
  if (loss == 0) setsockopt(fd, IPPROTO_UDP, UDP_GRO, &on, sizeof on);
  return fd;
}

static int flow_of(const struct sockaddr_in *client) {
  for (int index = flow_count - 1; index >= 0; --index) {
    if (flows[index].client.sin_port == client->sin_port && flows[index].client.sin_addr.s_addr == client->sin_addr.s_addr) return index;
  }
  if (flow_count == MAX_FLOWS) return -1;
  struct flow *flow = &flows[flow_count];
  flow->client = *client;
  flow->fd = open_socket();
  if (connect(flow->fd, (struct sockaddr *)&target, sizeof target) != 0) fail("connect");
  return flow_count++;
}

/* Takes what has arrived at a socket; not without end, because others wait to be sent. */
static void receive(int fd, int flow) {
  for (int round = 0; round < 64; ++round) {
    struct block *block = spare;
    if (block != NULL) spare = block->next;
    else if ((block = malloc(sizeof *block)) == NULL) fail("malloc");
    struct sockaddr_in from;
    char control[CMSG_SPACE(sizeof(int))];
    struct iovec vector = {block->bytes, BLOCK};
    struct msghdr message = {&from, sizeof from, &vector, 1, control, sizeof control, 0};
    const ssize_t size = recvmsg(fd, &message, 0);
    block->next = spare;
    spare = block;
    if (size < 0 && errno == ECONNREFUSED) continue;
    if (size < 0) return;
    int segment = 0;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header != NULL; header = CMSG_NXTHDR(&message, header)) {
      if (header->cmsg_level == IPPROTO_UDP && header->cmsg_type == UDP_GRO) memcpy(&segment, CMSG_DATA(header), sizeof segment);
    }
    if ((size_t)(segment > 0 ? segment : size) > largest || waiting == MAX_WAITING) continue;
    if (loss > 0 && drand48() * 100 < loss) continue;
    const int from_flow = fd == front ? flow_of(&from) : flow;
    if (from_flow < 0) continue;
    spare = block->next;
    block->next = NULL;
    block->due = now() + delay;
    block->flow = from_flow;
    block->to_target = fd == front;
    block->size = (size_t)size;
    block->segment = segment > 0 && size > segment ? (uint16_t)segment : 0;
    *last = block;
    last = &block->next;
    waiting += 1;
  }
}

/* Sends what has waited long enough. */
static void deliver(void) {
  const int64_t time = now();
  while (first != NULL && first->due <= time) {
    struct block *block = first;
    struct flow *flow = &flows[block->flow];
    char control[CMSG_SPACE(sizeof(uint16_t))] = {0};
    struct iovec vector = {block->bytes, block->size};
    struct msghdr message = {NULL, 0, &vector, 1, NULL, 0, 0};
    if (!block->to_target) {
      message.msg_name = &flow->client;
      message.msg_namelen = sizeof flow->client;
    }
    if (block->segment > 0) {
      message.msg_control = control;
      message.msg_controllen = sizeof control;
      struct cmsghdr *header = CMSG_FIRSTHDR(&message);
      header->cmsg_level = IPPROTO_UDP;
      header->cmsg_type = UDP_SEGMENT;
      header->cmsg_len = CMSG_LEN(sizeof(uint16_t));
      memcpy(CMSG_DATA(header), &block->segment, sizeof block->segment);
    }
    /* Refused or full: lost, as on any other way. */
    (void)sendmsg(block->to_target ? flow->fd : front, &message, 0);
    first = block->next;
    if (first == NULL) last = &first;
    block->next = spare;
    spare = block;
    waiting -= 1;
  }
}

int main(int count, char **arguments) {
  if (count != 4 && count != 5) {
    fprintf(stderr, "usage: udp-delay TARGET-PORT ROUND-TRIP-MS MTU [LOSS]\n");
    return 2;
  }
  target = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(arguments[1]))};
  target.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  delay = (int64_t)(atof(arguments[2]) * 500000.0);
  largest = (size_t)atoi(arguments[3]) - HEADERS;
  loss = count == 5 ? atof(arguments[4]) : 0;
  front = open_socket();
  struct sockaddr_in local = {.sin_family = AF_INET};
  local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof local;
  if (bind(front, (struct sockaddr *)&local, size) != 0) fail("bind");
  getsockname(front, (struct sockaddr *)&local, &size);
  printf("%d\n", ntohs(local.sin_port));
  fflush(stdout);
  for (;;) {
    static struct pollfd polled[MAX_FLOWS + 2];
    polled[0] = (struct pollfd){STDIN_FILENO, POLLIN, 0};
    polled[1] = (struct pollfd){front, POLLIN, 0};
    const int flow_polls = flow_count;
    for (int index = 0; index < flow_polls; ++index) polled[index + 2] = (struct pollfd){flows[index].fd, POLLIN, 0};
    struct timespec timeout = {0, 0}, *limit = NULL;
    if (first != NULL) {
      const int64_t left = first->due - now();
      if (left > 0) timeout.tv_nsec = (long)(left < 999999999 ? left : 999999999);
      limit = &timeout;
    }
    if (ppoll(polled, (nfds_t)flow_polls + 2, limit, NULL) < 0 && errno != EINTR) fail("ppoll");
    char ignored[64];
    if ((polled[0].revents & (POLLIN | POLLHUP)) != 0 && read(STDIN_FILENO, ignored, sizeof ignored) <= 0) return 0;
    if (polled[1].revents != 0) receive(front, -1);
    for (int index = 0; index < flow_polls; ++index) {
      if (polled[index + 2].revents != 0) receive(flows[index].fd, index);
    }
    deliver();
  }
}
