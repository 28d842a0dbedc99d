using System.Text;
using Skiff.Interop.Terminals;

namespace Skiff.Interop.Tests.Terminals;

public class TerminalTests
{
    [Fact]
    public void Pair_talks_both_ways_and_is_a_terminal()
    {
        Pty pty = Pty.Open(Files.Open("/dev/ptmx", OpenFlags.O_RDWR | OpenFlags.O_NOCTTY));
        using (pty.Master)
        using (pty.Slave)
        {
            Assert.True(Termios.IsTerminal(pty.Slave));
            Assert.Matches("</dev/pts/[0-9]+>$", pty.Slave.ToString());
            byte[] buffer = new byte[100];
            Files.WriteAll(pty.Slave, "out\n"u8);
            Assert.Equal("out\r\n", Encoding.ASCII.GetString(buffer, 0, Files.Read(pty.Master, buffer)));
            Files.WriteAll(pty.Master, "in\r"u8);
            Assert.Equal("in\n", Encoding.ASCII.GetString(buffer, 0, Files.Read(pty.Slave, buffer)));
        }
    }

    [Fact]
    public void Raw_mode_is_that_of_stty_raw_and_restoring_brings_everything_back()
    {
        Pty pty = Pty.Open(Files.Open("/dev/ptmx", OpenFlags.O_RDWR | OpenFlags.O_NOCTTY));
        using (pty.Master)
        using (pty.Slave)
        {
            string device = Files.TryReadLink($"/proc/self/fd/{pty.Slave.Number}", out string path) ? path : "";
            string sane = Stty(device);
            TerminalMode before = Termios.MakeRaw(pty.Slave);
            string raw = Stty(device);
            Assert.Contains("-icanon", raw);
            Assert.Contains("-isig", raw);
            Assert.Contains("-opost", raw);
            Assert.Contains("-echo ", raw);
            byte[] buffer = new byte[10];
            Files.WriteAll(pty.Master, "\u0003"u8);
            Assert.Equal(1, Files.Read(pty.Slave, buffer));
            Termios.Restore(pty.Slave, before);
            Assert.Equal(sane, Stty(device));
            // python's tty.setraw is cfmakeraw too; its flags are the oracle for ours.
            Tool.Run("python3", "-c", $"import tty,os; tty.setraw(os.open('{device}', os.O_RDWR | os.O_NOCTTY))");
            Assert.Equal(Stty(device), raw);
        }
    }

    [Fact]
    public void Window_size_is_set_and_read_and_stty_agrees()
    {
        Pty pty = Pty.Open(Files.Open("/dev/ptmx", OpenFlags.O_RDWR | OpenFlags.O_NOCTTY));
        using (pty.Master)
        using (pty.Slave)
        {
            WindowSize.Set(pty.Master, 33, 101);
            Assert.True(WindowSize.TryGet(pty.Slave, out ushort rows, out ushort columns));
            Assert.Equal((33, 101), (rows, columns));
            string device = Files.TryReadLink($"/proc/self/fd/{pty.Slave.Number}", out string path) ? path : "";
            Assert.Equal("33 101", Tool.Run("stty", "-F", device, "size"));
        }
    }

    [Fact]
    public void Pipe_is_no_terminal()
    {
        var (read, write) = Files.Pipe();
        using (read)
        using (write)
        {
            Assert.False(Termios.IsTerminal(read));
            Assert.False(WindowSize.TryGet(read, out _, out _));
            Assert.Equal(Errno.ENOTTY, Assert.Throws<LinuxException>(() => Termios.MakeRaw(read)).Errno);
        }
    }

    private static string Stty(string device) => Tool.Run("stty", "-F", device, "-a").Replace('\n', ' ');
}
