using System.Buffers.Binary;
using System.Text;

namespace Skiff.Agent.Monitor;

/// <summary>Sizes and small payloads of the monitor's protocol.</summary>
internal static class Packet
{
    /// <summary>Largest packet, type byte included.</summary>
    public const int MaxBytes = 64 << 10;

    /// <summary>A packet whose payload is one number of four bytes, little endian.</summary>
    public static byte[] Number(PacketType type, int value)
    {
        byte[] packet = new byte[5];
        packet[0] = (byte)type;
        BinaryPrimitives.WriteInt32LittleEndian(packet.AsSpan(1), value);
        return packet;
    }

    /// <summary>Reads the payload of <see cref="Number"/>.</summary>
    public static int ReadNumber(ReadOnlySpan<byte> payload) => BinaryPrimitives.ReadInt32LittleEndian(payload);

    /// <summary>How a container has ended, and why that is not known for certain.</summary>
    public static byte[] Exited(int exitCode, string doubt) =>
        [.. Number(PacketType.Exited, exitCode), .. Encoding.UTF8.GetBytes(doubt)];

    /// <summary>Reads the payload of <see cref="Exited"/>.</summary>
    public static (int ExitCode, string Doubt) ReadExited(ReadOnlySpan<byte> payload) =>
        (ReadNumber(payload), Encoding.UTF8.GetString(payload[4..]));

    /// <summary>A packet with rows and columns.</summary>
    public static byte[] Size(PacketType type, ushort rows, ushort columns)
    {
        byte[] packet = new byte[5];
        packet[0] = (byte)type;
        BinaryPrimitives.WriteUInt16LittleEndian(packet.AsSpan(1), rows);
        BinaryPrimitives.WriteUInt16LittleEndian(packet.AsSpan(3), columns);
        return packet;
    }

    /// <summary>Reads the payload of <see cref="Size"/>.</summary>
    public static (ushort Rows, ushort Columns) ReadSize(ReadOnlySpan<byte> payload) =>
        (BinaryPrimitives.ReadUInt16LittleEndian(payload), BinaryPrimitives.ReadUInt16LittleEndian(payload[2..]));

    /// <summary>A type byte and a payload.</summary>
    public static byte[] Of(PacketType type, ReadOnlySpan<byte> payload)
    {
        byte[] packet = new byte[payload.Length + 1];
        packet[0] = (byte)type;
        payload.CopyTo(packet.AsSpan(1));
        return packet;
    }
}
