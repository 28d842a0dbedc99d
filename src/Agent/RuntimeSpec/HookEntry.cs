using Skiff.Agent.Manager;

namespace Skiff.Agent.RuntimeSpec;

/// <summary>One hook.</summary>
/// <param name="Path">The program's absolute path.</param>
/// <param name="Args">argv; the path alone when there is none.</param>
/// <param name="Env">All of its environment.</param>
/// <param name="TimeoutMs">How long it may take; -1: as long as it likes.</param>
internal sealed record HookEntry(string Path, string[] Args, string[] Env, int TimeoutMs)
{
    private const int LongestTimeoutSeconds = int.MaxValue / 1000;

    /// <summary>Reads one hook.</summary>
    public static HookEntry Read(SpecNode node)
    {
        string path = node.Text("path");
        if (!path.StartsWith('/')) throw node.Wrong("path", $"is \"{path}\", an absolute path is wanted");
        string[] args = node.Texts("args");
        int timeoutMs = node.Number("timeout", 1, LongestTimeoutSeconds) is { } seconds ? (int)seconds * 1000 : -1;
        return new HookEntry(path, args.Length > 0 ? args : [path], node.Texts("env"), timeoutMs);
    }

    /// <summary>Writes it as <see cref="Read"/> reads it.</summary>
    public void Write(JsonText text)
    {
        text.WriteStartObject();
        text.WriteString("path", Path);
        Write(text, "args", Args);
        Write(text, "env", Env);
        if (TimeoutMs > 0) text.WriteNumber("timeout", TimeoutMs / 1000);
        text.WriteEndObject();
    }

    private static void Write(JsonText text, string name, string[] values)
    {
        text.WriteStartArray(name);
        foreach (string value in values) text.WriteStringValue(value);
        text.WriteEndArray();
    }
}
