using System.Text.Json;
using Skiff.Agent.Containers;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Monitor;

using static Skiff.Agent.Manager.JsonFields;

/// <summary>The JSON of the protocol's larger payloads, one line a field.</summary>
internal static class MessageFormat
{
    /// <summary>A packet with a start request.</summary>
    public static byte[] Pack(StartRequest r) => Packet.Of(PacketType.Start, ToBytes(w =>
    {
        Write(w, "Id", r.Id);
        Write(w, "Attach", (long)r.Attach);
        Write(w, "Rows", r.Rows);
        Write(w, "Columns", r.Columns);
        Write(w, "Persist", r.Persist);
        Write(w, "Adopt", r.Adopt);
    }));

    /// <summary>A start request from its payload.</summary>
    public static StartRequest ReadStart(ReadOnlySpan<byte> payload)
    {
        JsonElement e = JsonFields.Parse(payload);
        return new StartRequest(
            Text(e, "Id"), (AttachStreams)Number(e, "Attach"), (ushort)Number(e, "Rows"), (ushort)Number(e, "Columns"),
            Flag(e, "Persist"), Flag(e, "Adopt"));
    }

    /// <summary>A packet with an exec request.</summary>
    public static byte[] Pack(ExecRequest r) => Packet.Of(PacketType.Exec, ToBytes(w =>
    {
        Write(w, "Args", r.Args);
        Write(w, "Env", r.Env);
        Write(w, "WorkingDir", r.WorkingDir);
        Write(w, "User", r.User);
        Write(w, "Tty", r.Tty);
        Write(w, "Privileged", r.Privileged);
        Write(w, "Detach", r.Detach);
        Write(w, "Rows", r.Rows);
        Write(w, "Columns", r.Columns);
    }));

    /// <summary>An exec request from its payload.</summary>
    public static ExecRequest ReadExec(ReadOnlySpan<byte> payload)
    {
        JsonElement e = JsonFields.Parse(payload);
        return new ExecRequest
        {
            Args = Texts(e, "Args"),
            Env = Texts(e, "Env"),
            WorkingDir = Text(e, "WorkingDir"),
            User = Text(e, "User"),
            Tty = Flag(e, "Tty"),
            Privileged = Flag(e, "Privileged"),
            Detach = Flag(e, "Detach"),
            Rows = (ushort)Number(e, "Rows"),
            Columns = (ushort)Number(e, "Columns"),
        };
    }

    /// <summary>A packet with a failure.</summary>
    public static byte[] Pack(FailureReport r) => Packet.Of(PacketType.Failed, ToBytes(w =>
    {
        Write(w, "ExitCode", r.ExitCode);
        Write(w, "Message", r.Message);
    }));

    /// <summary>A failure from its payload.</summary>
    public static FailureReport ReadFailure(ReadOnlySpan<byte> payload)
    {
        JsonElement e = JsonFields.Parse(payload);
        return new FailureReport((int)Number(e, "ExitCode"), Text(e, "Message"));
    }
}
