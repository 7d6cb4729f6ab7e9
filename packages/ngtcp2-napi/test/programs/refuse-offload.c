// Preloaded: a kernel that knows UDP_SEGMENT and refuses it for this device, as kernels before 6.11 do
// where a device does not compute checksums, and that has no UDP_GRO.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define UDP_SEGMENT_OPTION 103
#define UDP_GRO_OPTION 104

static int is_segmented(struct msghdr *message) {
  for (struct cmsghdr *each = CMSG_FIRSTHDR(message); each; each = CMSG_NXTHDR(message, each)) {
    if (each->cmsg_level == IPPROTO_UDP && each->cmsg_type == UDP_SEGMENT_OPTION) return 1;
  }
  return 0;
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
  ssize_t (*next)(int, const struct msghdr *, int) = dlsym(RTLD_NEXT, "sendmsg");
  if (!is_segmented((struct msghdr *)message)) return next(fd, message, flags);
  errno = EIO;
  return -1;
}

int sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags) {
  int (*next)(int, struct mmsghdr *, unsigned, int) = dlsym(RTLD_NEXT, "sendmmsg");
  unsigned plain = 0;
  while (plain < count && !is_segmented(&messages[plain].msg_hdr)) plain++;
  if (plain > 0) return next(fd, messages, plain, flags);
  errno = EIO;
  return -1;
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t size) {
  int (*next)(int, int, int, const void *, socklen_t) = dlsym(RTLD_NEXT, "setsockopt");
  if (level != IPPROTO_UDP || name != UDP_GRO_OPTION) return next(fd, level, name, value, size);
  errno = ENOPROTOOPT;
  return -1;
}
