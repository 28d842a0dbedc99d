using System.Runtime.InteropServices;

namespace Skiff.Interop.Libc;

internal static unsafe partial class Native
{
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int socket(int family, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int socketpair(int family, int type, int protocol, int* ends);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    internal static partial int bind_unix(int socket, sockaddr_un* address, int length);

    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
    internal static partial int connect_unix(int socket, sockaddr_un* address, int length);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int listen(int socket, int backlog);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int accept4(int socket, void* address, int* length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint sendmsg(int socket, msghdr* message, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint recvmsg(int socket, msghdr* message, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int recvmmsg(int socket, mmsghdr* messages, uint count, int flags, timespec* timeout);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int sendmmsg(int socket, mmsghdr* messages, uint count, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int getsockname(int socket, void* address, int* length);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int getsockopt(int socket, int level, int name, void* value, int* length);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int setsockopt(int socket, int level, int name, void* value, int length);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int shutdown(int socket, int how);
}
