using System.Text;
using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Agent.Oci.Plan;
using Skiff.Agent.Oci.Spec;
using Skiff.Agent.RuntimeSpec;
using Skiff.Interop.Processes;
using Skiff.Interop.Seccomp;

namespace Skiff.Agent.Oci;

/// <summary>features: what this runtime can do (runtime specification, "Features Structure").</summary>
internal static class RuntimeFeatures
{
    private static readonly string[] s_hooks =
        ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"];

    /// <summary>The document.</summary>
    public static string Json()
    {
        var text = new JsonText();
        text.WriteStartObject();
        text.WriteString("ociVersionMin", "1.0.0");
        text.WriteString("ociVersionMax", ContainerSpec.Version);
        JsonFields.Write(text, "hooks", s_hooks);
        JsonFields.Write(text, "mountOptions", [.. MountOptions.Names.Distinct().Order(StringComparer.Ordinal)]);
        text.WriteStartObject("linux");
        JsonFields.Write(text, "namespaces", [.. NamespaceSet.Names]);
        JsonFields.Write(text, "capabilities", Capabilities.All.ToNames());
        WriteCgroup(text);
        WriteSeccomp(text);
        WriteFlag(text, "apparmor", "enabled", true);
        WriteFlag(text, "selinux", "enabled", true);
        WriteFlag(text, "intelRdt", "enabled", false);
        text.WriteStartObject("mountExtensions");
        WriteFlag(text, "idmap", "enabled", true);
        text.WriteEndObject();
        WriteFlag(text, "netDevices", "enabled", true);
        text.WriteStartObject("memoryPolicy");
        JsonFields.Write(text, "modes", SchedulingSpec.MemoryModes);
        JsonFields.Write(text, "flags", SchedulingSpec.MemoryFlags);
        text.WriteEndObject();
        text.WriteEndObject();
        text.WriteEndObject();
        return Encoding.UTF8.GetString(text.Bytes.Span);
    }

    private static void WriteCgroup(JsonText text)
    {
        text.WriteStartObject("cgroup");
        text.WriteBoolean("v1", false);
        text.WriteBoolean("v2", true);
        text.WriteBoolean("systemd", false);
        text.WriteBoolean("systemdUser", false);
        text.WriteBoolean("rdma", true);
        text.WriteEndObject();
    }

    private static void WriteSeccomp(JsonText text)
    {
        text.WriteStartObject("seccomp");
        text.WriteBoolean("enabled", true);
        JsonFields.Write(text, "actions", SeccompProfile.ActionNames);
        JsonFields.Write(text, "operators", SeccompProfile.OperatorNames);
        JsonFields.Write(text, "archs", SeccompProfile.ArchitectureNames);
        JsonFields.Write(text, "knownFlags", SeccompProfile.FlagNames);
        JsonFields.Write(text, "supportedFlags", SeccompProfile.FlagNames);
        text.WriteEndObject();
    }

    private static void WriteFlag(JsonText text, string name, string field, bool value)
    {
        text.WriteStartObject(name);
        text.WriteBoolean(field, value);
        text.WriteEndObject();
    }
}
