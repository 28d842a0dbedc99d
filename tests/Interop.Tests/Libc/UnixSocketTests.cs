using System.Text;

namespace Skiff.Interop.Tests.Libc;

public sealed class UnixSocketTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Datagrams_arrive_whole_and_a_descriptor_needs_no_bytes()
    {
        string path = Path.Combine(_directory.Path, "socket");
        using var receiver = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix,
            System.Net.Sockets.SocketType.Dgram, System.Net.Sockets.ProtocolType.Unspecified);
        receiver.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(path));
        using UnixSocket sender = UnixSocket.Connect(path, UnixSocketType.SOCK_DGRAM);
        Assert.Equal(Errno.None, sender.TrySend("first"u8));
        Assert.Equal(Errno.EMSGSIZE, sender.TrySend(new byte[8 << 20]));
        using Fd file = Files.MemoryFile("large");
        Files.WriteAll(file, "second"u8);
        Assert.Equal(Errno.None, sender.TrySend([], [file.Number]));

        using var socket = new UnixSocket(Fd.Borrow((int)receiver.Handle));
        byte[] buffer = new byte[100];
        var received = new List<Fd>();
        Assert.Equal(Errno.None, socket.TryReceive(buffer, out int count, received));
        Assert.Equal("first", Encoding.ASCII.GetString(buffer, 0, count));
        Assert.Equal(Errno.None, socket.TryReceive(buffer, out count, received));
        Assert.Equal((0, 6), (count, Files.PRead(Assert.Single(received), buffer, 0)));
        received[0].Dispose();
    }

    [Fact]
    public void Packets_keep_their_borders_and_carry_descriptors()
    {
        var (a, b) = UnixSocket.Pair();
        using (a)
        using (b)
        {
            var (read, write) = Files.Pipe();
            using (read)
            using (write)
            {
                Assert.Equal(Errno.None, a.TrySend("first"u8, [write.Number, read.Number]));
                Assert.Equal(Errno.None, a.TrySend("second"u8));
            }
            byte[] buffer = new byte[100];
            var received = new List<Fd>();
            Assert.Equal(Errno.None, b.TryReceive(buffer, out int count, received));
            Assert.Equal("first", Encoding.ASCII.GetString(buffer, 0, count));
            Assert.Equal(2, received.Count);
            Assert.All(received, fd => Assert.True(IsCloseOnExec(fd)));
            Files.WriteAll(received[0], "through the pipe"u8);
            Assert.Equal(16, Files.Read(received[1], buffer));
            received.ForEach(fd => fd.Dispose());
            Assert.Equal(Errno.None, b.TryReceive(buffer, out count));
            Assert.Equal("second", Encoding.ASCII.GetString(buffer, 0, count));
            a.Dispose();
            Assert.Equal(Errno.None, b.TryReceive(buffer, out count));
            Assert.Equal(0, count);
            Assert.Equal(Errno.EPIPE, b.TrySend("x"u8));
        }
    }

    [Fact]
    public void What_a_peer_has_sent_comes_also_when_it_left_without_reading()
    {
        var (a, b) = UnixSocket.Pair();
        using (a)
        using (b)
        {
            byte[] buffer = new byte[10];
            Assert.Equal(Errno.None, a.TrySend("end"u8));
            Assert.Equal(Errno.None, b.TrySend("unread"u8));
            a.Dispose();
            Assert.Equal(Errno.None, b.TryReceive(buffer, out int count));
            Assert.Equal("end", Encoding.ASCII.GetString(buffer, 0, count));
            Assert.Equal(Errno.None, b.TryReceive(buffer, out count));
            Assert.Equal(0, count);
        }
    }

    [Fact]
    public void Most_descriptors_travel_in_one_message_and_none_leak_when_unwanted()
    {
        var (a, b) = UnixSocket.Pair();
        using (a)
        using (b)
        {
            int[] many = new int[UnixSocket.MaxDescriptors];
            Array.Fill(many, a.Fd.Number);
            byte[] buffer = new byte[10];
            var received = new List<Fd>();
            Assert.Equal(Errno.None, a.TrySend("x"u8, many));
            Assert.Equal(Errno.None, b.TryReceive(buffer, out _, received));
            Assert.Equal(UnixSocket.MaxDescriptors, received.Count);
            received.ForEach(fd => fd.Dispose());
            // The inode of one end of this pair: who else has it open is counted exactly, whatever other tests do.
            string inode = Link(a.Fd);
            Assert.Equal(Errno.None, a.TrySend("x"u8, many));
            Assert.Equal(Errno.None, b.TryReceive(buffer, out _));
            Assert.Single(Directory.GetFiles("/proc/self/fd"), path => LinkOf(path) == inode);
        }
    }

    [Fact]
    public void Packet_too_large_for_the_buffer_is_an_error()
    {
        var (a, b) = UnixSocket.Pair();
        using (a)
        using (b)
        {
            Assert.Equal(Errno.None, a.TrySend("12345"u8, [a.Fd.Number]));
            var received = new List<Fd>();
            Assert.Equal(Errno.EMSGSIZE, b.TryReceive(new byte[4], out _, received));
            Assert.Empty(received);
            a.SetSendBuffer(300_000);
            Assert.Equal(Errno.None, a.TrySend(new byte[300_000]));
            Assert.Equal(Errno.EMSGSIZE, a.TrySend(new byte[2_000_000]));
        }
    }

    [Fact]
    public void Non_blocking_socket_says_EAGAIN()
    {
        var (a, b) = UnixSocket.Pair(UnixSocketType.SOCK_STREAM);
        using (a)
        using (b)
        {
            Files.SetNonBlocking(a.Fd);
            Assert.Equal(Errno.EAGAIN, a.TryReceive(new byte[1], out _));
            Assert.False(a.Wait(1, 0));
            Errno errno;
            while ((errno = a.TrySend(new byte[65536], [], out int sent)) == Errno.None) Assert.True(sent > 0);
            Assert.Equal(Errno.EAGAIN, errno);
            a.FinishSending();
            Assert.Equal(Errno.None, b.TrySend("still"u8));
            Assert.True(a.Wait(1, 1000));
        }
    }

    [Theory]
    [InlineData(10, 10)]
    [InlineData(120, 40)]
    public void Listening_and_connecting_work_at_any_path_length(int directoryLength, int nameLength)
    {
        string directory = _directory[new string('d', directoryLength)];
        Directory.CreateDirectory(directory);
        string path = Path.Combine(directory, new string('n', nameLength));
        using UnixSocket server = UnixSocket.Listen(path);
        Assert.Equal("600 socket", Tool.Run("stat", "-c", "%a %F", path));
        Assert.Equal(Errno.EAGAIN, server.TryAccept(out _));
        using UnixSocket client = UnixSocket.Connect(path);
        Assert.True(server.Wait(1, 5000));
        Assert.Equal(Errno.None, server.TryAccept(out UnixSocket? connection));
        using (connection)
        {
            Assert.Equal(new PeerCredentials(Environment.ProcessId, 0, 0), connection!.Peer);
            Assert.Equal(Errno.EAGAIN, connection.TryReceive(new byte[1], out _));
        }
    }

    [Fact]
    public void Connecting_to_nobody_fails_with_the_reason()
    {
        Assert.Equal(Errno.ENOENT, UnixSocket.TryConnect(_directory["none"], out UnixSocket? socket));
        Assert.Null(socket);
        UnixSocket.Listen(_directory["dead"]).Dispose();
        // A program that another test is just starting has the listener's descriptor until its execve.
        Errno errno = Errno.None;
        for (int i = 0; i < 200 && errno == Errno.None; i++)
        {
            if (i > 0) Thread.Sleep(10);
            errno = UnixSocket.TryConnect(_directory["dead"], out UnixSocket? late);
            late?.Dispose();
        }
        Assert.Equal(Errno.ECONNREFUSED, errno);
        Assert.Equal(Errno.ENAMETOOLONG, UnixSocket.TryConnect(_directory[new string('n', 120)], out _));
        using UnixSocket again = UnixSocket.Listen(_directory["dead"]);
        UnixSocket.Connect(_directory["dead"]).Dispose();
    }

    private static bool IsCloseOnExec(Fd fd)
    {
        string flags = File.ReadAllLines($"/proc/self/fdinfo/{fd.Number}")[1]["flags:".Length..];
        return (Convert.ToInt32(flags.Trim(), 8) & (int)OpenFlags.O_CLOEXEC) != 0;
    }

    private static string Link(Fd fd) => LinkOf($"/proc/self/fd/{fd.Number}");

    private static string LinkOf(string path) => Files.TryReadLink(path, out string target) ? target : "";
}
