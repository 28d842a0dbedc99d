using System.Runtime.InteropServices;

namespace Skiff.Interop.Events;

/// <summary>struct epoll_event: packed on x64 only (sys/epoll.h).</summary>
#if ARCH_ARM64
[StructLayout(LayoutKind.Sequential)]
#else
[StructLayout(LayoutKind.Sequential, Pack = 1)]
#endif
public struct EpollEvent
{
    /// <summary>What happened.</summary>
    public EpollEvents Events;

    /// <summary>What was given with the descriptor.</summary>
    public ulong Data;
}
