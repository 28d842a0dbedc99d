using System.Globalization;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Monitor.Logs;

/// <summary>A driver's options (<c>--log-opt</c>) by Docker's names, read and checked.</summary>
internal sealed class LogOptions
{
    /// <summary>The driver of containers that ask for none, unless the host's settings name another one.</summary>
    public const string DefaultDriver = "local";

    private const long DefaultFileBytes = 20 << 20;
    private const int DefaultFiles = 5, MostFiles = 10_000;
    private const long DefaultBufferBytes = 1 << 20, MostBufferBytes = 64 << 20;

    private readonly Dictionary<string, string> _values;

    private LogOptions(string driver, Dictionary<string, string> values) => (Driver, _values) = (driver, values);

    /// <summary>One of local, json-file, journald, syslog and none.</summary>
    public string Driver { get; }

    /// <summary>Whether <c>logs</c> cannot read what the driver has, and files are kept for it.</summary>
    public bool HasCache => Driver is "journald" or "syslog" && !Truth("cache-disabled", false);

    /// <summary>How much of the files is kept: the driver's own, or those for <c>logs</c>.</summary>
    public LogLimits Limits { get; private set; } = new(DefaultFileBytes, DefaultFiles, true);

    /// <summary>Whether output is lost rather than that the container waits.</summary>
    public bool IsNonBlocking { get; private set; }

    /// <summary>How much output waits for the driver at most.</summary>
    public int BufferBytes { get; private set; } = (int)DefaultBufferBytes;

    /// <summary>An option's text, or null.</summary>
    public string? Text(string name) => _values.GetValueOrDefault(name);

    /// <summary>Reads and checks; an empty driver is the default one.</summary>
    /// <exception cref="UsageException">Names the driver, or the option and what is wrong with it.</exception>
    public static LogOptions Read(string driver, Dictionary<string, string> values)
    {
        if (driver.Length == 0) driver = DefaultDriver;
        var options = new LogOptions(driver, values);
        if (driver == DefaultDriver && values.Count == 0) return options;
        LogOptionNames.Check(driver, values);
        options.ReadMode();
        options.Limits = options.ReadLimits(driver is "local" or "json-file" ? "" : "cache-");
        options.Truth("cache-disabled", false);
        if (options.Text("tag") is { } tag) LogTag.Check(tag);
        foreach (string name in (ReadOnlySpan<string>)["labels-regex", "env-regex"])
            if (options.Text(name) is { } pattern) Checked(name, pattern, () => new LogPattern(pattern));
        if (driver == "syslog") SyslogSettings.Read(options);
        return options;
    }

    /// <summary>An option has a value that does not fit.</summary>
    public static UsageException Invalid(string name, string value, string problem) =>
        new($"invalid value for --log-opt {name}: {value}: {problem}");

    private static void Checked(string name, string value, Func<object> read)
    {
        try
        {
            read();
        }
        catch (FormatException e)
        {
            throw Invalid(name, value, e.Message);
        }
    }

    private void ReadMode()
    {
        string mode = Text("mode") ?? "";
        if (mode is not ("" or "blocking" or "non-blocking"))
            throw new UsageException($"--log-opt mode: logging mode not supported: {mode}");
        IsNonBlocking = mode == "non-blocking";
        if (Text("max-buffer-size") is null) return;
        if (!IsNonBlocking) throw new UsageException(
            "--log-opt max-buffer-size: option is only supported with 'mode=non-blocking'");
        BufferBytes = (int)Size("max-buffer-size", DefaultBufferBytes, MostBufferBytes);
    }

    private LogLimits ReadLimits(string prefix)
    {
        long bytes = Size(prefix + "max-size", DefaultFileBytes, long.MaxValue);
        int files = Files(prefix + "max-file");
        bool compress = Truth(prefix + "compress", files > 1);
        if (compress && files == 1) throw Invalid(prefix + "compress", Text(prefix + "compress")!,
            "compression cannot be enabled when max file count is 1");
        return new LogLimits(bytes, files, compress);
    }

    private long Size(string name, long byDefault, long most)
    {
        if (Text(name) is not { } text) return byDefault;
        if (!ByteSize.TryParse(text, out long bytes, out string problem)) throw Invalid(name, text, problem);
        if (bytes <= 0) throw Invalid(name, text, $"{name} must be a positive number");
        return bytes <= most ? bytes : throw Invalid(name, text, $"{name} cannot be more than {most >> 20}m");
    }

    private int Files(string name)
    {
        if (Text(name) is not { } text) return DefaultFiles;
        if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int files))
            throw Invalid(name, text, $"strconv.Atoi: parsing \"{text}\": invalid syntax");
        if (files < 1) throw Invalid(name, text, $"{name} cannot be less than 1");
        return files <= MostFiles ? files : throw Invalid(name, text, $"{name} cannot be more than {MostFiles}");
    }

    private bool Truth(string name, bool byDefault) => Text(name) switch
    {
        null => byDefault,
        "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
        "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
        var text => throw Invalid(name, text, $"strconv.ParseBool: parsing \"{text}\": invalid syntax"),
    };
}
