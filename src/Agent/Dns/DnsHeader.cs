using System.Buffers.Binary;

namespace Skiff.Agent.Dns;

/// <summary>The twelve bytes that every message begins with (RFC 1035 4.1.1), by their offsets.</summary>
internal static class DnsHeader
{
    /// <summary>Its length, and where the question begins.</summary>
    public const int Bytes = 12;

    /// <summary>Where the flags are.</summary>
    public const int Flags = 2;

    /// <summary>Where the four counts are: questions, answers, authorities, additional ones.</summary>
    public const int Questions = 4, Answers = 6, Authorities = 8, Additional = 10;

    /// <summary>It is an answer.</summary>
    public const ushort QR = 0x8000;

    /// <summary>It is not whole.</summary>
    public const ushort TC = 0x0200;

    /// <summary>Ask others, if need be.</summary>
    public const ushort RD = 0x0100;

    /// <summary>Others are asked.</summary>
    public const ushort RA = 0x0080;

    /// <summary>The data are authentic; in a question: tell me.</summary>
    public const ushort AD = 0x0020;

    /// <summary>Do not check signatures.</summary>
    public const ushort CD = 0x0010;

    /// <summary>The operation; 0 is a query.</summary>
    public const ushort OpcodeMask = 0x7800;

    /// <summary>The response code.</summary>
    public const ushort CodeMask = 0x000F;

    /// <summary>A field of two bytes.</summary>
    public static ushort Get(ReadOnlySpan<byte> message, int offset) =>
        BinaryPrimitives.ReadUInt16BigEndian(message[offset..]);

    /// <summary>Sets a field of two bytes.</summary>
    public static void Set(Span<byte> message, int offset, int value) =>
        BinaryPrimitives.WriteUInt16BigEndian(message[offset..], (ushort)value);
}
