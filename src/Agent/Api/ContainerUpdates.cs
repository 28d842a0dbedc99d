using System.Globalization;
using System.Text.Json;
using Skiff.Agent.Api.Http;
using Skiff.Agent.Cli;
using Skiff.Agent.Containers;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Api;

using static Skiff.Agent.Api.JsonBody;

/// <summary>ContainerUpdate: the body as the options of <c>update</c>.</summary>
internal static class ContainerUpdates
{
    // 0 and empty say nothing.
    private static readonly (string Field, string Option)[] s_numbers =
    [
        ("BlkioWeight", "blkio-weight"), ("CpuPeriod", "cpu-period"), ("CpuQuota", "cpu-quota"),
        ("CpuRealtimePeriod", "cpu-rt-period"), ("CpuRealtimeRuntime", "cpu-rt-runtime"), ("CpuShares", "cpu-shares"),
        ("Memory", "memory"), ("MemoryReservation", "memory-reservation"), ("MemorySwap", "memory-swap"),
    ];

    private static readonly (string Field, string Option)[] s_texts =
        [("CpusetCpus", "cpuset-cpus"), ("CpusetMems", "cpuset-mems")];

    // What is settled when a container is made.
    private static readonly string[] s_refused =
    [
        "CgroupParent", "CpuCount", "CpuPercent", "Devices", "DeviceCgroupRules", "DeviceRequests", "Init",
        "IOMaximumBandwidth", "IOMaximumIOps", "KernelMemory", "KernelMemoryTCP", "MemorySwappiness",
        "OomKillDisable", "Ulimits",
    ];

    private static readonly Dictionary<string, Option> s_options =
        ResourceUpdate.Table.ToDictionary(option => option.Name);

    /// <summary>POST /containers/{id}/update.</summary>
    public static Task Update(ApiServer server, Exchange x) => ApiServer.WorkAsync(x, 200, body =>
    {
        Scoped.CheckUpdate(x, body);
        var warnings = new List<string>();
        Engine engine = server.Open(warnings.Add);
        ContainerConfig config = engine.Containers.Find(x.Id);
        Resources devices = ResourceFlags.Read(CreateOptions.BlockDevices(body));
        Resources resources = ResourceUpdate.Apply(config.Resources, OptionsOf(body));
        ResourceUpdate.Run(engine, config, resources with
        {
            BlkioWeightDevices = Merged(resources.BlkioWeightDevices, devices.BlkioWeightDevices, ' '),
            IoMax = Merged(resources.IoMax, devices.IoMax, '='),
        }, PolicyOf(body));
        return w =>
        {
            w.WriteStartObject();
            InspectJson.WriteStrings(w, "Warnings", warnings);
            w.WriteEndObject();
        };
    }, hasBody: true);

    private static ParsedArguments OptionsOf(JsonElement body)
    {
        foreach (string field in s_refused)
            if (Field(body, field) is { } value && value.GetRawText() is not ("0" or "-1" or "false" or "\"\"" or "[]"))
                throw ApiException.Bad($"{field} cannot be updated: it is settled when a container is made");
        var options = new ParsedArguments();
        foreach (var (field, option) in s_numbers)
            if (Number(body, field) is { } number and not 0) Add(option, number);
        foreach (var (field, option) in s_texts)
            if (Text(body, field) is { Length: > 0 } text) options.Add(s_options[option], text);
        if (Number(body, "NanoCpus") is { } cpus and not 0)
            options.Add(s_options["cpus"], (cpus / 1e9m).ToString(CultureInfo.InvariantCulture));
        // Here 0 says something: no limit.
        if (Number(body, "PidsLimit") is { } pids) Add("pids-limit", pids <= 0 ? -1 : pids);
        return options;

        void Add(string option, long number) =>
            options.Add(s_options[option], number.ToString(CultureInfo.InvariantCulture));
    }

    private static RestartPolicy? PolicyOf(JsonElement body) =>
        JsonBody.Object(body, "RestartPolicy") is { } policy && Text(policy, "Name") is { Length: > 0 } name
            ? RestartPolicy.Parse(Number(policy, "MaximumRetryCount") is { } most and not 0 ? $"{name}:{most}" : name)
            : null;

    // DEVICE KEY=RATE and DEVICE WEIGHT: what is given takes the place of what was said of the same.
    private static string[] Merged(string[] old, string[] given, char end)
    {
        return [.. old.Where(row => !Array.Exists(given, other => Key(other) == Key(row))), .. given];

        string Key(string row) => row[..row.LastIndexOf(end)];
    }
}
