using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Skiff.Interop.Tests.Netlink;

/// <summary>
/// A network namespace of its own for the length of one test: it lives as long as the thread that runs the test.
/// </summary>
internal static class FreshNetwork
{
    private const int CLONE_NEWNET = 0x40000000;

    /// <summary>
    /// Runs <paramref name="test"/> on a thread inside a new network namespace; programs it starts are inside too.
    /// </summary>
    public static void Run(Action test)
    {
        System.Runtime.ExceptionServices.ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                if (unshare(CLONE_NEWNET) != 0)
                    throw new LinuxException((Errno)Marshal.GetLastPInvokeError(), "unshare");
                test();
            }
            catch (Exception e)
            {
                failure = System.Runtime.ExceptionServices.ExceptionDispatchInfo.Capture(e);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
    }

    /// <summary>A second namespace: an nsfs descriptor and a route socket inside it.</summary>
    public static (Fd Namespace, Interop.Netlink.NetlinkSocket Socket) Another()
    {
        (Fd, Interop.Netlink.NetlinkSocket)? made = null;
        Run(() => made = (Files.Open("/proc/thread-self/ns/net", OpenFlags.O_RDONLY),
            Interop.Netlink.NetlinkSocket.Open(Interop.Netlink.NetlinkFamily.NETLINK_ROUTE)));
        return made!.Value;
    }

    /// <summary>The program's standard output as JSON; the independent oracle.</summary>
    public static JsonElement Json(string program, params string[] arguments) =>
        JsonDocument.Parse(Output(program, arguments)).RootElement;

    /// <summary>The program's standard output; its failure is the test's.</summary>
    public static string Output(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        Assert.True(process.WaitForExit(20_000), $"{program} hangs");
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {error.Result}");
        return output;
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int unshare(int flags);
}
