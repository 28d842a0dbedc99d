namespace Skiff.Agent.Cli;

/// <summary>All verbs, and the longer names that docker has for them.</summary>
internal static class VerbTable
{
    /// <summary>The verbs, in the order in which help lists them.</summary>
    public static VerbRow[] Rows { get; } =
    [
        new("run", VerbGroup.Common, static () => new Verbs.RunVerb()),
        new("create", VerbGroup.Other, static () => new Verbs.CreateVerb()),
        new("start", VerbGroup.Other, static () => new Verbs.StartVerb()),
        new("stop", VerbGroup.Other, static () => new Verbs.StopVerb()),
        new("restart", VerbGroup.Other, static () => new Verbs.RestartVerb()),
        new("kill", VerbGroup.Other, static () => new Verbs.KillVerb()),
        new("rm", VerbGroup.Common, static () => new Verbs.RmVerb()),
        new("ps", VerbGroup.Common, static () => new Verbs.PsVerb()),
        new("logs", VerbGroup.Other, static () => new Verbs.LogsVerb()),
        new("exec", VerbGroup.Common, static () => new Verbs.ExecVerb()),
        new("attach", VerbGroup.Other, static () => new Verbs.AttachVerb()),
        new("wait", VerbGroup.Other, static () => new Verbs.WaitVerb()),
        new("pause", VerbGroup.Other, static () => new Verbs.PauseVerb()),
        new("unpause", VerbGroup.Other, static () => new Verbs.UnpauseVerb()),
        new("rename", VerbGroup.Other, static () => new Verbs.RenameVerb()),
        new("port", VerbGroup.Other, static () => new Verbs.PortVerb()),
        new("inspect", VerbGroup.Other, static () => new Verbs.InspectVerb()),
        new("commit", VerbGroup.Other, static () => new Verbs.CommitVerb()),
        new("pull", VerbGroup.Common, static () => new Verbs.PullVerb()),
        new("push", VerbGroup.Common, static () => new Verbs.PushVerb()),
        new("login", VerbGroup.Common, static () => new Verbs.LoginVerb()),
        new("logout", VerbGroup.Common, static () => new Verbs.LogoutVerb()),
        new("search", VerbGroup.Common, static () => new Verbs.SearchVerb()),
        new("images", VerbGroup.Common, static () => new Verbs.ImagesVerb()),
        new("rmi", VerbGroup.Other, static () => new Verbs.RmiVerb()),
        new("tag", VerbGroup.Other, static () => new Verbs.TagVerb()),
        new("history", VerbGroup.Other, static () => new Verbs.HistoryVerb()),
        new("save", VerbGroup.Other, static () => new Verbs.SaveVerb()),
        new("load", VerbGroup.Other, static () => new Verbs.LoadVerb()),
        new("import", VerbGroup.Other, static () => new Verbs.ImportVerb()),
        new("diff", VerbGroup.Other, static () => new Verbs.DiffVerb()),
        new("export", VerbGroup.Other, static () => new Verbs.ExportVerb()),
        new("cp", VerbGroup.Other, static () => new Verbs.CpVerb()),
        new("top", VerbGroup.Other, static () => new Verbs.TopVerb()),
        new("stats", VerbGroup.Other, static () => new Verbs.StatsVerb()),
        new("events", VerbGroup.Other, static () => new Verbs.EventsVerb()),
        new("update", VerbGroup.Other, static () => new Verbs.UpdateVerb()),
        new("container inspect", VerbGroup.Management, static () => new Verbs.InspectVerb("container")),
        new("container prune", VerbGroup.Management, static () => new Verbs.ContainerPruneVerb()),
        new("image inspect", VerbGroup.Management, static () => new Verbs.InspectVerb("image")),
        new("image pin", VerbGroup.Management, static () => new Verbs.ImagePinVerb(pin: true)),
        new("image unpin", VerbGroup.Management, static () => new Verbs.ImagePinVerb(pin: false)),
        new("image prune", VerbGroup.Management, static () => new Verbs.ImagePruneVerb()),
        new("system check", VerbGroup.Management, static () => new Verbs.SystemCheckVerb()),
        new("system df", VerbGroup.Management, static () => new Verbs.SystemDfVerb()),
        new("system gc", VerbGroup.Management, static () => new Verbs.SystemGcVerb()),
        new("system prune", VerbGroup.Management, static () => new Verbs.SystemPruneVerb()),
        new("volume create", VerbGroup.Management, static () => new Verbs.VolumeCreateVerb()),
        new("volume ls", VerbGroup.Management, static () => new Verbs.VolumeLsVerb()),
        new("volume rm", VerbGroup.Management, static () => new Verbs.VolumeRmVerb()),
        new("volume inspect", VerbGroup.Management, static () => new Verbs.VolumeInspectVerb()),
        new("volume prune", VerbGroup.Management, static () => new Verbs.VolumePruneVerb()),
        new("volume update", VerbGroup.Management, static () => new Verbs.VolumeUpdateVerb()),
        new("network connect", VerbGroup.Management, static () => new Verbs.NetworkConnectVerb()),
        new("network create", VerbGroup.Management, static () => new Verbs.NetworkCreateVerb()),
        new("network disconnect", VerbGroup.Management, static () => new Verbs.NetworkDisconnectVerb()),
        new("network inspect", VerbGroup.Management, static () => new Verbs.NetworkInspectVerb()),
        new("network ls", VerbGroup.Management, static () => new Verbs.NetworkLsVerb()),
        new("network policy create", VerbGroup.Management, static () => new Verbs.NetworkPolicyCreateVerb()),
        new("network policy inspect", VerbGroup.Management, static () => new Verbs.NetworkPolicyInspectVerb()),
        new("network policy ls", VerbGroup.Management, static () => new Verbs.NetworkPolicyLsVerb()),
        new("network policy rm", VerbGroup.Management, static () => new Verbs.NetworkPolicyRmVerb()),
        new("network policy test", VerbGroup.Management, static () => new Verbs.NetworkPolicyTestVerb()),
        new("network prune", VerbGroup.Management, static () => new Verbs.NetworkPruneVerb()),
        new("network rm", VerbGroup.Management, static () => new Verbs.NetworkRmVerb()),
        new("system release", VerbGroup.Management, static () => new Verbs.SystemReleaseVerb()),
        new("agent", VerbGroup.Other, static () => new Verbs.AgentVerb()),
        new("oci", VerbGroup.Other, static () => new OciVerbs.OciVerb()),
        new("completion", VerbGroup.Other, static () => new Verbs.CompletionVerb()),
        new("__complete", VerbGroup.Hidden, static () => new Verbs.CompleteVerb()),
        new("info", VerbGroup.Other, static () => new Verbs.InfoVerb()),
        new("version", VerbGroup.Other, static () => new Verbs.VersionVerb()),
    ];

    /// <summary>What each management word is about, for help.</summary>
    public static (string Name, string Summary)[] Management { get; } =
    [
        ("container", "Manage containers"),
        ("image", "Manage images"),
        ("network", "Manage networks"),
        ("system", "Manage Skiff"),
        ("volume", "Manage volumes"),
    ];

    // The verbs of one word that a group has too.
    private static readonly (string Group, string[] Verbs)[] s_members =
    [
        ("container", ["attach", "commit", "cp", "create", "diff", "exec", "export", "kill", "logs", "pause", "port",
            "rename", "restart", "rm", "run", "start", "stats", "stop", "top", "unpause", "update", "wait"]),
        ("image", ["history", "import", "load", "pull", "push", "save", "tag"]),
        ("system", ["events", "info"]),
    ];

    // What a group calls a verb that has another name alone, or has a second name. Help lists the first one.
    private static readonly (string Group, string Word, string Verb)[] s_aliases =
    [
        ("container", "ls", "ps"), ("container", "list", "ps"), ("container", "ps", "ps"),
        ("container", "remove", "rm"),
        ("image", "ls", "images"), ("image", "list", "images"), ("image", "rm", "rmi"), ("image", "remove", "rmi"),
        ("network", "list", "network ls"),
        ("volume", "list", "volume ls"), ("volume", "remove", "volume rm"),
    ];

    /// <summary>
    /// Finds the verb that <paramref name="args"/> begin with and how many words it has. Null when there is none.
    /// </summary>
    public static VerbRow? Find(ReadOnlySpan<VerbRow> rows, ReadOnlySpan<string> args, out int words)
    {
        words = 1;
        foreach (VerbRow row in rows)
            if (row.Name == args[0]) return row;
        if (args.Length < 2 || !IsManagement(args[0])) return null;
        words = 3;
        if (args.Length > 2 && Match(rows, $"{args[0]} {args[1]} {args[2]}") is { } longer) return longer;
        words = 2;
        return Match(rows, InGroup(args[0], args[1]));
    }

    /// <summary>The words that may follow <paramref name="group"/>, one for each verb, sorted.</summary>
    public static List<(string Word, VerbRow Verb)> Members(string group, VerbRow[] rows)
    {
        var members = new SortedDictionary<string, VerbRow>(StringComparer.Ordinal);
        foreach (VerbRow row in rows)
            if (row.Name.StartsWith($"{group} ", StringComparison.Ordinal))
                members[row.Name[(group.Length + 1)..]] = row;
        foreach (string verb in MembersOf(group))
            if (Match(rows, verb) is { } row) members[verb] = row;
        foreach (var alias in s_aliases)
            if (alias.Group == group && Match(rows, alias.Verb) is { } row && !members.ContainsValue(row))
                members[alias.Word] = row;
        return [.. members.Select(member => (member.Key, member.Value))];
    }

    /// <summary>Whether <paramref name="word"/> begins verbs of two words.</summary>
    public static bool IsManagement(string word)
    {
        foreach (var row in Management)
            if (row.Name == word) return true;
        return false;
    }

    private static string InGroup(string group, string word)
    {
        foreach (var alias in s_aliases)
            if (alias.Group == group && alias.Word == word) return alias.Verb;
        return MembersOf(group).Contains(word) ? word : $"{group} {word}";
    }

    private static string[] MembersOf(string group)
    {
        foreach (var row in s_members)
            if (row.Group == group) return row.Verbs;
        return [];
    }

    private static VerbRow? Match(ReadOnlySpan<VerbRow> rows, string name)
    {
        foreach (VerbRow row in rows)
            if (row.Name == name) return row;
        return null;
    }
}
