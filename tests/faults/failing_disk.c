/* Put between a process and its C library: writes to the database fail while the file named by
   FAILING_DISK holds an error's number, as they do on a disk that is full or broken. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int fails(int fd) {
    char link[64], name[4096], number[16];
    const char *order = getenv("FAILING_DISK");
    ssize_t length;
    int file, error;

    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    length = readlink(link, name, sizeof name - 1);
    if (order == NULL || length <= 0)
        return 0;
    name[length] = 0;
    if (strstr(name, "frontdesk.db") == NULL)
        return 0;
    file = open(order, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return 0;
    length = read(file, number, sizeof number - 1);
    close(file);
    if (length <= 0)
        return 0;
    number[length] = 0;
    error = atoi(number);
    if (error)
        errno = error;
    return error;
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    static ssize_t (*real)(int, const void *, size_t, off64_t);
    if (real == NULL)
        real = dlsym(RTLD_NEXT, "pwrite64");
    return fails(fd) ? -1 : real(fd, data, size, at);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
    static ssize_t (*real)(int, const void *, size_t, off_t);
    if (real == NULL)
        real = dlsym(RTLD_NEXT, "pwrite");
    return fails(fd) ? -1 : real(fd, data, size, at);
}

int fdatasync(int fd) {
    static int (*real)(int);
    if (real == NULL)
        real = dlsym(RTLD_NEXT, "fdatasync");
    return fails(fd) ? -1 : real(fd);
}

int fsync(int fd) {
    static int (*real)(int);
    if (real == NULL)
        real = dlsym(RTLD_NEXT, "fsync");
    return fails(fd) ? -1 : real(fd);
}
