using Skiff.Agent.Oci;

namespace Skiff.Agent.Cli.OciVerbs;

/// <summary>The verbs of the OCI runtime.</summary>
internal static class RuntimeVerbTable
{
    private static readonly (string Name, Func<OciRuntime, Verb> Create)[] s_rows =
    [
        ("create", static runtime => new OciCreateVerb(runtime)),
        ("delete", static runtime => new OciDeleteVerb(runtime)),
        ("events", static runtime => new OciEventsVerb(runtime)),
        ("exec", static runtime => new OciExecVerb(runtime)),
        ("features", static runtime => new OciFeaturesVerb(runtime)),
        ("kill", static runtime => new OciKillVerb(runtime)),
        ("list", static runtime => new OciListVerb(runtime)),
        ("pause", static runtime => new OciPauseVerb(runtime)),
        ("ps", static runtime => new OciPsVerb(runtime)),
        ("resume", static runtime => new OciResumeVerb(runtime)),
        ("run", static runtime => new OciRunVerb(runtime)),
        ("spec", static runtime => new OciSpecVerb(runtime)),
        ("start", static runtime => new OciStartVerb(runtime)),
        ("state", static runtime => new OciStateVerb(runtime)),
        ("update", static runtime => new OciUpdateVerb(runtime)),
    ];

    /// <summary>The verb of that name; null when there is none.</summary>
    public static Verb? Find(string name, OciRuntime runtime)
    {
        foreach (var row in s_rows)
            if (row.Name == name) return row.Create(runtime);
        return null;
    }

    /// <summary>All of them, for help.</summary>
    public static IEnumerable<Verb> All(OciRuntime runtime) => s_rows.Select(row => row.Create(runtime));
}
