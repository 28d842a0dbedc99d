using Skiff.Interop.Netlink;
using Skiff.Interop.Tests.Netlink;

namespace Skiff.Interop.Tests.Libc;

public class LateCloseTests
{
    private const int WaitMs = 20_000;

    [Fact]
    public void What_is_closed_late_is_closed_in_the_end()
    {
        var (reader, writer) = UnixSocket.Pair();
        using (reader)
        {
            LateClose.Close(writer.Fd);
            Assert.True(writer.Fd.IsClosed);
            Assert.True(reader.Wait((short)PollEvents.POLLIN, WaitMs));
            Assert.Equal(Errno.None, reader.TryReceive(new byte[16], out int count));
            Assert.Equal(0, count);
        }
    }

    [Fact]
    public void A_socket_that_has_deleted_rules_is_gone_soon_after_its_disposal() => FreshNetwork.Run(() =>
    {
        using (NetlinkSocket socket = NetlinkSocket.Open(NetlinkFamily.NETLINK_NETFILTER))
        {
            Change(socket, batch => batch.AddTable("t"));
            Change(socket, batch => batch.DeleteTable("t"));
            Assert.NotEmpty(NetfilterSockets());
        }
        Assert.True(SpinWait.SpinUntil(() => NetfilterSockets().Length == 0, WaitMs));
    });

    private static void Change(NetlinkSocket socket, Action<NftBatch> write)
    {
        using var batch = new NftBatch();
        write(batch);
        batch.Commit(socket);
    }

    // Of this namespace: sk, Eth (the protocol), Pid, ...
    private static string[] NetfilterSockets() => [.. File.ReadAllLines("/proc/thread-self/net/netlink").Skip(1)
        .Where(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, "12", not "0", ..])];
}
