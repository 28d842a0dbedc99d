using System.Buffers.Binary;
using System.Net;
using Skiff.Interop.Netlink;

namespace Skiff.Agent.Tests.Dhcp;

/// <summary>An answer of a DHCP server as it lies on the wire, byte by byte, so that each can be wrong.</summary>
internal sealed class AnswerPacket
{
    public const uint Xid = 0x12345678;

    public static MacAddress Mac { get; } = new(0x0242_0a00_0001);

    public byte Op { get; set; } = 2;

    public byte HardwareLength { get; set; } = 6;

    public uint Transaction { get; set; } = Xid;

    public MacAddress Station { get; set; } = Mac;

    public string Address { get; set; } = "192.0.2.50";

    public uint Cookie { get; set; } = 0x63825363;

    public List<(byte Code, byte[] Value)> Options { get; } = [];

    /// <summary>What follows the options; the end, unless a test has another one.</summary>
    public byte[] Tail { get; set; } = [255];

    /// <summary>The fields <c>sname</c> and <c>file</c>, into which options may go on.</summary>
    public byte[] ServerName { get; set; } = new byte[64];

    public byte[] File { get; set; } = new byte[128];

    public static AnswerPacket Of(byte type, string address = "192.0.2.50")
    {
        var answer = new AnswerPacket { Address = address };
        answer.Options.Add((53, [type]));
        answer.Options.Add((54, [192, 0, 2, 1]));
        answer.Options.Add((51, [0, 0, 0x0e, 0x10]));
        answer.Options.Add((1, [255, 255, 255, 0]));
        answer.Options.Add((3, [192, 0, 2, 1]));
        return answer;
    }

    public AnswerPacket With(byte code, params byte[] value)
    {
        Options.RemoveAll(option => option.Code == code);
        Options.Add((code, value));
        return this;
    }

    public AnswerPacket Without(byte code)
    {
        Options.RemoveAll(option => option.Code == code);
        return this;
    }

    /// <summary>From <c>op</c> on.</summary>
    public byte[] Message()
    {
        byte[] message = new byte[240];
        (message[0], message[1], message[2]) = (Op, 1, HardwareLength);
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(4), Transaction);
        IPAddress.Parse(Address).TryWriteBytes(message.AsSpan(16), out _);
        Station.CopyTo(message.AsSpan(28));
        ServerName.CopyTo(message, 44);
        File.CopyTo(message, 108);
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(236), Cookie);
        return [.. message, .. Options.SelectMany(o => (byte[])[o.Code, (byte)o.Value.Length, .. o.Value]), .. Tail];
    }

    /// <summary>From the IPv4 header on.</summary>
    public byte[] Packet(ushort from = 67, ushort to = 68)
    {
        byte[] message = Message();
        byte[] packet = new byte[28 + message.Length];
        packet[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)packet.Length);
        (packet[8], packet[9]) = (64, 17);
        new byte[] { 192, 0, 2, 1, 192, 0, 2, 50 }.CopyTo(packet, 12);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(20), from);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(22), to);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(24), (ushort)(8 + message.Length));
        message.CopyTo(packet, 28);
        return Sealed(packet);
    }

    /// <summary>The same with the header's checksum made right.</summary>
    public static byte[] Sealed(byte[] packet)
    {
        (packet[10], packet[11]) = (0, 0);
        uint sum = 0;
        for (int i = 0; i < (packet[0] & 15) * 4 && i + 1 < packet.Length; i += 2)
            sum += (uint)(packet[i] << 8 | packet[i + 1]);
        while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(10), (ushort)~sum);
        return packet;
    }
}
