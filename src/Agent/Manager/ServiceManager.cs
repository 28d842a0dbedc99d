using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Skiff.Agent.Manager;

/// <summary>Tells systemd how the agent does (sd_notify(3)); nothing happens without one that listens.</summary>
internal static class ServiceManager
{
    /// <summary>The agent serves.</summary>
    public const string Ready = "READY=1";

    /// <summary>The agent reads its configuration; with the time that Type=notify-reload asks for.</summary>
    public static string Reloading => string.Create(CultureInfo.InvariantCulture,
        $"RELOADING=1\nMONOTONIC_USEC={Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1_000_000)}");

    /// <summary>How often it wants to hear that the agent lives, halved; 0 for never.</summary>
    public static int WatchdogMs =>
        Number("WATCHDOG_USEC") is > 0 and var us && Number("WATCHDOG_PID") is var pid
            && (pid == 0 || pid == Environment.ProcessId) ? (int)Math.Clamp(us / 2000, 1, int.MaxValue) : 0;

    /// <summary>Says something.</summary>
    public static void Tell(string state)
    {
        if (Environment.GetEnvironmentVariable("NOTIFY_SOCKET") is not ['/' or '@', _, ..] path) return;
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            socket.SendTo(Encoding.UTF8.GetBytes(state),
                new UnixDomainSocketEndPoint(path[0] == '@' ? "\0" + path[1..] : path));
        }
        catch (SocketException)
        {
            // It listens no more; what it would have done about us it does for that reason.
        }
    }

    /// <summary>A number among the variables that systemd sets (sd_notify(3), sd_listen_fds(3)); 0 for none.</summary>
    public static long Number(string variable) => long.TryParse(Environment.GetEnvironmentVariable(variable),
        NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : 0;
}
