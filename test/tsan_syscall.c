/* In builds with the thread sanitizer only. libuv closes descriptors by syscall(SYS_close), which
 * the sanitizer does not see: a number that the system gives out again would look like the old
 * descriptor, used by two threads at once. This syscall() stands before libc's and closes by
 * close(), so that nothing has to be suppressed. */
#include <dlfcn.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ARGUMENTS_MOST 6

long syscall(long number, ...)
{
    static long (*real)(long, ...);
    long a[ARGUMENTS_MOST];
    va_list args;

    va_start(args, number);
    for (int i = 0; i < ARGUMENTS_MOST; i++)
        a[i] = va_arg(args, long);
    va_end(args);
    if (number == SYS_close)
        return close((int)a[0]);
    if (!__atomic_load_n(&real, __ATOMIC_ACQUIRE)) {
        long (*found)(long, ...);
        *(void **)&found = dlsym(RTLD_NEXT, "syscall");
        __atomic_store_n(&real, found, __ATOMIC_RELEASE);
    }
    return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
