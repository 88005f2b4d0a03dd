// SPDX-License-Identifier: LGPL-2.1-or-later

// Types of libcproc for programs of GJS, with what Cproc.js adds to the library. Those of GLib come
// from the packages @girs/gio-2.0 and @girs/json-1.0; a program names this file beside its own:
//
//     "files": ["main.ts", "/usr/share/gjs-1.0/overrides/Cproc.d.ts"]

declare module 'gi://Cproc?version=1' {
  import type Gio from 'gi://Gio?version=2.0';
  import type GLib from 'gi://GLib?version=2.0';
  import type GObject from 'gi://GObject?version=2.0';
  import type Json from 'gi://Json?version=1.0';

  namespace Cproc {
    // A property has the name of the library and that of JavaScript: exit_code, exitCode.
    type Camel<S extends string> =
      S extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : S;
    type Camelled<T> = {[K in keyof T as K extends string ? Camel<K> : K]: T[K]};
    type Both<T> = T & Camelled<T>;
    type Settable<T, K extends keyof T> = Partial<Both<Pick<T, K>>>;

    // ---- Values that the override takes

    /** Anything that has a JSON text. */
    type Value = string | number | boolean | null | Value[] | {[name: string]: Value | undefined};
    /** What can be sent: a value, or what the library itself takes. */
    type Sendable = Value | Json.Node | GLib.Variant | Message | {toJSON(): unknown};
    type Path = string | Gio.File;
    type Data = string | Uint8Array | GLib.Bytes;
    type Environment = string[] | {[name: string]: string | number | boolean | null | undefined};
    type StreamName = 'stdout' | 'stderr';
    type StdioName = 'pipe' | 'inherit' | 'ignore' | 'null' | 'merge' | 'socket' | 'terminal'
      | 'default';
    type StdioTarget = Stdio | StdioName | Gio.File | {fd: number}
      | {path: Path, append?: boolean, exclusive?: boolean} | [StdioTarget];
    type ContainmentName = 'auto' | 'none' | 'group' | 'tree';

    /** A line for the shell, or a program and its arguments. */
    type Program = string | Array<string | number | Gio.File>;

    interface CommandOptions {
      argv0?: string;
      cwd?: Path | null;
      /** All of the environment, unless extendEnv is set. */
      env?: Environment | null;
      /** Whether env adds to what is inherited; a variable of null is taken out. */
      extendEnv?: boolean;
      stdin?: StdioTarget;
      stdout?: StdioTarget;
      stderr?: StdioTarget;
      stdio?: StdioTarget | Array<StdioTarget | null | undefined>;
      /** The child's number of a descriptor, and ours; ours stays open. */
      fds?: {[target: number]: number};
      execPath?: Path | null;
      execArgv?: string[];
      containment?: Containment | ContainmentName;
      newSession?: boolean;
      /** Node's name of newSession. */
      detached?: boolean;
      noTerminal?: boolean;
      /** All three standard streams lead to a terminal: true, or its size as [columns, rows]. */
      terminal?: boolean | [number, number];
      terminalFlags?: TerminalFlags;
      /** All three standard streams are pipes. */
      silent?: boolean;
      dieWithParent?: boolean;
      userId?: number;
      groupId?: number;
      /** Node's names of userId and groupId. */
      uid?: number;
      gid?: number;
      supplementaryGroups?: number[] | GLib.Variant | null;
      umask?: number;
      nice?: number;
    }

    interface RunOptions {
      /** Milliseconds, as all times. */
      timeout?: number;
      idleTimeout?: number;
      drainTimeout?: number;
      killSignal?: number | string;
      killGrace?: number;
      maxLineLength?: number;
      /** 'buffer' or null: output is bytes. */
      encoding?: string | null;
    }

    interface ChildOptions extends CommandOptions, RunOptions {}

    interface SpawnOptions extends ChildOptions {
      /** true, or the shell to take. */
      shell?: boolean | string;
    }

    interface ExecOptions extends ChildOptions {
      /** Bytes of each stream that are kept; -1 or Infinity all of them. */
      maxBuffer?: number;
      input?: Data | null;
      captureStack?: boolean;
    }

    interface WorkerOptions extends ChildOptions {
      channelFd?: number;
    }

    interface RunExecOptions extends ExecOptions {
      shell?: boolean | string;
      cancellable?: Gio.Cancellable | null;
      /** false: a bad end is no error. */
      reject?: boolean;
    }

    interface Outcome {
      /** null where a signal ended the program. */
      exitCode: number | null;
      /** 'SIGTERM'; null where no signal ended the program. */
      signal: string | null;
    }

    interface Result<T = string> extends Outcome {
      stdout: T;
      stderr: T;
    }

    /** What exec() rejects with when the program ran and ended badly. */
    type ExecError<T = string> = GLib.Error & Result<T>;
    type ExecPromise<T> = Promise<Result<T>> & {readonly child: Exec};

    type Arguments = Array<string | number | Gio.File>;
    /** As Node calls it: without an error it is null. */
    type ExecCallback<T = string> =
      (error: (GLib.Error & Partial<Outcome>) | null, stdout: T, stderr: T) => void;
    type AsBuffer = RunExecOptions & {encoding: 'buffer' | null};

    /** A string is a line for the shell; with a list of arguments it is a program. */
    function exec(program: Program | Command, options: AsBuffer): ExecPromise<Uint8Array>;
    function exec(program: Program | Command, options?: RunExecOptions): ExecPromise<string>;
    function exec(program: string, args: Arguments, options: AsBuffer): ExecPromise<Uint8Array>;
    function exec(program: string, args: Arguments, options?: RunExecOptions): ExecPromise<string>;
    function exec(program: Program | Command, callback: ExecCallback): Exec;
    function exec(program: Program | Command, options: AsBuffer,
      callback: ExecCallback<Uint8Array>): Exec;
    function exec(program: Program | Command, options: RunExecOptions,
      callback: ExecCallback): Exec;
    function exec(program: string, args: Arguments, callback: ExecCallback): Exec;
    function exec(program: string, args: Arguments, options: AsBuffer,
      callback: ExecCallback<Uint8Array>): Exec;
    function exec(program: string, args: Arguments, options: RunExecOptions,
      callback: ExecCallback): Exec;
    /** A string is a program; with {shell: true} it is a line for the shell. */
    function spawn(program: Program | Command, options?: SpawnOptions): Child;
    function spawn(program: string, args: Arguments, options?: SpawnOptions): Child;
    /** Stages joined by pipes, not started; a last one that is no child becomes an Exec. */
    function pipeline(stages: Array<Program | Command | Child>,
      options?: {timeout?: number; pipefail?: boolean}): Pipeline;
    function fork(module: string | string[] | Command, options?: WorkerOptions): Worker;
    function fork(module: string, args: Array<string | number | Gio.File>,
      options?: WorkerOptions): Worker;

    // ---- The library

    const MAJOR_VERSION: number;
    const MINOR_VERSION: number;
    const MICRO_VERSION: number;
    const VERSION_S: string;

    function error_quark(): number;
    function reply_error_quark(): number;
    function signal_to_string(signum: number): string | null;
    function signal_from_string(name: string): number;

    enum Stdio { DEFAULT, PIPE, INHERIT, NULL, MERGE, FD, FILE, SOCKET, TERMINAL }
    enum Containment { AUTO, NONE, GROUP, TREE }
    enum Stream { TERMINAL = 0, STDOUT = 1, STDERR = 2 }
    enum State { NEW, PREPARED, STARTING, RUNNING, EXITED, CLOSED }
    enum FileFlags { DEFAULT = 0, READ = 1, WRITE = 2, APPEND = 4, EXCLUSIVE = 8 }
    enum TerminalFlags { NONE = 0, NO_ECHO = 1, RAW = 2 }
    enum LineFlags { NONE = 0, CONTINUES = 1, REPLACED = 2, UNTERMINATED = 4 }
    enum PipeDirection { READ, WRITE, BOTH }
    enum Resource { CPU, FSIZE, DATA, STACK, CORE, RSS, NPROC, NOFILE, MEMLOCK, AS }

    class Error extends GLib.Error {
      static readonly EXITED: number;
      static readonly SIGNALED: number;
      static readonly TIMED_OUT: number;
      static readonly OUTPUT_LIMIT: number;
      static readonly ALREADY_STARTED: number;
      static readonly NOT_RUNNING: number;
      static readonly CHANNEL_CLOSED: number;
      static readonly INVALID_MESSAGE: number;
      static readonly MESSAGE_TOO_LARGE: number;
      static readonly NOT_SUPPORTED: number;
      static readonly RUNNER_FAILED: number;
      static readonly RUNNER_LOST: number;
      static readonly QUEUE_FULL: number;
      static readonly WORKER_ENDED: number;
      static readonly CLOSED: number;
    }

    /** Codes of JSON-RPC that the other side may answer; others pass as they are. */
    class ReplyError extends GLib.Error {
      static readonly PARSE_ERROR: number;
      static readonly INVALID_REQUEST: number;
      static readonly METHOD_NOT_FOUND: number;
      static readonly INVALID_PARAMS: number;
      static readonly INTERNAL_ERROR: number;
      static readonly CANCELLED: number;
      /** What the other side has said of its error beside the text; null where it said nothing. */
      readonly data: any;
    }

    type Ready<T> = (source: T | null, result: Gio.AsyncResult) => void;
    type Handler<Self, Arguments extends any[]> = (self: Self, ...args: Arguments) => unknown;
    type NotifySignal = 'notify' | `notify::${string}`;

    // A detail is the name of a stream.
    type Detailed<Name extends string, Arguments> =
      {[K in Name | `${Name}::${StreamName | 'terminal'}`]: Arguments};

    interface ChildSignals extends Detailed<'output', [Stream, GLib.Bytes]>,
      Detailed<'line', [Stream, string]>, Detailed<'lines', [Stream, string[]]>,
      Detailed<'stream-ended', [Stream]> {
      started: [];
      stopped: [signum: number];
      continued: [];
      exit: [exit_code: number, term_signal: number];
      closed: [];
    }
    interface ChannelSignals {
      message: [Message];
      'request-received': [Request];
      disconnected: [];
      'invalid-message': [GLib.Error];
      'send-failed': [Message, GLib.Error];
    }
    interface WorkerSignals extends ChildSignals, ChannelSignals {}

    type ProgressFunc = (child: Child, stream: Stream, line: string) => number;

    interface CommandProperties {
      argv: string[] | null;
      argv0: string | null;
      exec_path: string | null;
      exec_argv: string[] | null;
      cwd: string | null;
      environment: string[] | null;
      stdin_mode: Stdio;
      stdout_mode: Stdio;
      stderr_mode: Stdio;
      containment: Containment;
      new_session: boolean;
      no_terminal: boolean;
      die_with_parent: boolean;
      user_id: number;
      group_id: number;
      supplementary_groups: GLib.Variant | null;
      umask: number;
      nice: number;
      terminal_flags: TerminalFlags;
    }

    interface Command extends Both<CommandProperties> {}
    class Command extends GObject.Object {
      constructor(properties?: Settable<CommandProperties, keyof CommandProperties>);
      constructor(program: Program, options?: CommandOptions);
      static new(argv: string[]): Command;
      static new_shell(line: string): Command;
      static new_module(path: string, args: string[] | null): Command;

      get_argv(): string[] | null;
      set_argv(argv: string[] | null): void;
      get_argv0(): string | null;
      set_argv0(argv0: string | null): void;
      get_exec_path(): string | null;
      set_exec_path(exec_path: string | null): void;
      get_exec_argv(): string[] | null;
      set_exec_argv(exec_argv: string[] | null): void;
      get_cwd(): string | null;
      set_cwd(cwd: string | null): void;
      get_environment(): string[] | null;
      set_environment(environment: string[] | null): void;
      set_environment_variable(name: string, value: string | null): void;
      unset_environment_variable(name: string): void;
      get_stdin_mode(): Stdio;
      set_stdin_mode(mode: Stdio): void;
      get_stdout_mode(): Stdio;
      set_stdout_mode(mode: Stdio): void;
      get_stderr_mode(): Stdio;
      set_stderr_mode(mode: Stdio): void;
      set_stdio_file(fd: number, path: string, flags: FileFlags): void;
      set_stdio_tee(fd: number, path: string | null, flags: FileFlags): void;
      take_fd(fd: number, target_fd: number): void;
      pass_fd(fd: number, target_fd: number): boolean;
      add_pipe(target_fd: number, direction: PipeDirection): void;
      get_containment(): Containment;
      set_containment(containment: Containment): void;
      get_new_session(): boolean;
      set_new_session(new_session: boolean): void;
      get_die_with_parent(): boolean;
      set_die_with_parent(die_with_parent: boolean): void;
      get_user_id(): number;
      set_user_id(user_id: number): void;
      get_group_id(): number;
      set_group_id(group_id: number): void;
      get_umask(): number;
      set_umask(mask: number): void;
      get_nice(): number;
      set_nice(increment: number): void;
      get_no_terminal(): boolean;
      set_no_terminal(no_terminal: boolean): void;
      get_supplementary_groups(): GLib.Variant | null;
      set_supplementary_groups(groups: GLib.Variant | null): void;
      close_fds(): void;
      dup(): Command;
      set_resource_limit(resource: Resource, soft: number, hard: number): void;
      get_terminal_flags(): TerminalFlags;
      set_terminal_flags(flags: TerminalFlags): void;
      set_terminal_size(columns: number, rows: number): void;
    }

    interface ChildProperties {
      readonly command: Command;
      readonly pid: number;
      readonly state: State;
      /** -1 where there is none. */
      readonly exit_code: number;
      /** 0 where there is none. */
      readonly term_signal: number;
      readonly timed_out: boolean;
      readonly drained: boolean;
      timeout: number;
      idle_timeout: number;
      drain_timeout: number;
      kill_signal: number;
      kill_grace: number;
      max_line_length: number;
      encoding: string;
      universal_newlines: boolean;
      io_priority: number;
      keep_output: boolean;
      readonly line_flags: LineFlags;
    }
    type ChildSettable = 'command' | 'timeout' | 'idle_timeout' | 'drain_timeout' | 'kill_signal'
      | 'kill_grace' | 'max_line_length' | 'encoding' | 'universal_newlines'
      | 'io_priority' | 'keep_output';

    interface Child extends Both<ChildProperties> {}
    class Child extends GObject.Object {
      constructor(properties?: Settable<ChildProperties, ChildSettable>);
      constructor(program: Program, options?: ChildOptions);
      constructor(command: Command, options?: RunOptions);
      static new(argv: string[]): Child;
      static new_shell(line: string): Child;
      static new_for_command(command: Command): Child;

      connect<K extends keyof ChildSignals>(signal: K, callback: Handler<this, ChildSignals[K]>):
        number;
      connect(signal: NotifySignal, callback: Handler<this, [GObject.ParamSpec]>): number;

      vfunc_started(): void;
      vfunc_output(stream: Stream, bytes: GLib.Bytes): void;
      vfunc_line(stream: Stream, line: string): void;
      vfunc_lines(stream: Stream, lines: string[]): void;
      vfunc_exit(exit_code: number, term_signal: number): void;
      vfunc_stream_ended(stream: Stream): void;
      vfunc_closed(): void;

      get_command(): Command;
      get_pid(): number;
      get_state(): State;
      get_exit_code(): number;
      get_term_signal(): number;
      get_timed_out(): boolean;
      get_drained(): boolean;
      dup_resource_usage(): ResourceUsage | null;
      get_subprocess(): Gio.Subprocess | null;
      get_timeout(): number;
      set_timeout(timeout: number): void;
      get_idle_timeout(): number;
      set_idle_timeout(idle_timeout: number): void;
      get_drain_timeout(): number;
      set_drain_timeout(drain_timeout: number): void;
      get_kill_signal(): number;
      set_kill_signal(kill_signal: number): void;
      get_kill_grace(): number;
      set_kill_grace(kill_grace: number): void;
      get_max_line_length(): number;
      set_max_line_length(max_line_length: number): void;
      get_encoding(): string;
      set_encoding(encoding: string | null): void;
      get_io_priority(): number;
      set_io_priority(io_priority: number): void;
      get_universal_newlines(): boolean;
      set_universal_newlines(universal_newlines: boolean): void;
      get_keep_output(): boolean;
      set_keep_output(keep_output: boolean): void;
      get_line_flags(): LineFlags;

      prepare(): boolean;
      prepare_async(cancellable?: Gio.Cancellable | null): Promise<boolean>;
      prepare_async(cancellable: Gio.Cancellable | null, callback: Ready<this> | null): void;
      prepare_finish(result: Gio.AsyncResult): boolean;
      start(): boolean;
      start_async(cancellable?: Gio.Cancellable | null): Promise<boolean>;
      start_async(cancellable: Gio.Cancellable | null, callback: Ready<this> | null): void;
      start_finish(result: Gio.AsyncResult): boolean;
      wait(cancellable: Gio.Cancellable | null): boolean;
      wait_async(cancellable?: Gio.Cancellable | null): Promise<boolean>;
      wait_async(cancellable: Gio.Cancellable | null, callback: Ready<this> | null): void;
      wait_finish(result: Gio.AsyncResult): boolean;
      wait_check(cancellable: Gio.Cancellable | null): boolean;
      wait_check_async(cancellable?: Gio.Cancellable | null): Promise<boolean>;
      wait_check_async(cancellable: Gio.Cancellable | null, callback: Ready<this> | null): void;
      wait_check_finish(result: Gio.AsyncResult): boolean;

      /** With a signal: sends that. false: the process has ended. */
      kill(signal?: number | string): boolean;
      send_signal(signum: number | string): boolean;
      force_exit(): boolean;
      pause(stream: Stream): void;
      resume(stream: Stream): void;
      get_stdin_stream(): Gio.OutputStream | null;
      set_terminal_size(columns: number, rows: number): boolean;
      take_terminal(): number;
      take_stdout_stream(): Gio.InputStream | null;
      take_stderr_stream(): Gio.InputStream | null;
      get_pipe_stream(target_fd: number): Gio.IOStream | null;
      write_async(data: Data, io_priority?: number, cancellable?: Gio.Cancellable | null):
        Promise<boolean>;
      write_async(data: Data, io_priority: number, cancellable: Gio.Cancellable | null,
        callback: Ready<this> | null): void;
      write_finish(result: Gio.AsyncResult): boolean;
      close_stdin(): void;

      /** null at the end. */
      read_line_async(stream: Stream | StreamName, cancellable?: Gio.Cancellable | null):
        Promise<string | null>;
      read_line_async(stream: Stream | StreamName, cancellable: Gio.Cancellable | null,
        callback: Ready<this> | null): void;
      read_line_finish(result: Gio.AsyncResult): string | null;
      /** 1 to count bytes; none at the end. */
      read_async(stream: Stream | StreamName, count: number,
        cancellable?: Gio.Cancellable | null): Promise<Uint8Array>;
      read_async(stream: Stream | StreamName, count: number, cancellable: Gio.Cancellable | null,
        callback: Ready<this> | null): void;
      read_finish(result: Gio.AsyncResult): GLib.Bytes;
      try_read_line(stream: Stream): string | null;
      discard_output(stream: Stream): void;
      keep_early_output(): void;

      /**
       * The lines of a stream, each for one loop; starts the child if it has not been started.
       */
      lines(stream?: Stream | StreamName): AsyncIterableIterator<string>;
    }

    interface ExecProperties extends ChildProperties {
      max_buffer: number;
      input: GLib.Bytes | null;
      capture_stack: boolean;
      readonly stdout_text: string;
      readonly stderr_text: string;
    }

    interface Exec extends Both<ExecProperties> {}
    interface ProgressProperties {
      readonly child: Child;
      /** 0 to 1; -1 while it is not known. */
      readonly fraction: number;
    }

    interface Progress extends Both<ProgressProperties> {}
    class Progress extends GObject.Object {
      constructor(properties: {child: Child});
      static new(child: Child): Progress;

      get_child(): Child;
      get_fraction(): number;
      set_pattern(regex: string | null): boolean;
      set_func(func: ProgressFunc | null): void;
    }

    class Exec extends Child {
      constructor(properties?: Settable<ExecProperties,
        ChildSettable | 'max_buffer' | 'input' | 'capture_stack'>);
      constructor(program: Program, options?: ExecOptions);
      constructor(command: Command, options?: RunOptions
        & Pick<ExecOptions, 'maxBuffer' | 'input' | 'captureStack'>);
      static new(argv: string[]): Exec;
      static new_shell(line: string): Exec;
      static new_for_command(command: Command): Exec;

      get_max_buffer(): number;
      set_max_buffer(max_buffer: number): void;
      get_input(): GLib.Bytes | null;
      set_input(input: GLib.Bytes | null): void;
      get_capture_stack(): boolean;
      set_capture_stack(capture_stack: boolean): void;
      get_stdout_bytes(): GLib.Bytes;
      get_stderr_bytes(): GLib.Bytes;
      get_stdout_text(): string;
      get_stderr_text(): string;
      get_error_stack(): string | null;
      run(cancellable: Gio.Cancellable | null): boolean;
      run_async(cancellable?: Gio.Cancellable | null): Promise<boolean>;
      run_async(cancellable: Gio.Cancellable | null, callback: Ready<this> | null): void;
      run_finish(result: Gio.AsyncResult): boolean;
    }

    class ResourceUsage {
      user_time: number;
      system_time: number;
      max_rss: number;
      constructor();
      copy(): ResourceUsage;
      free(): void;
    }

    class Message {
      static new_text(json: string): Message;
      static new_node(node: Json.Node): Message;
      static new_variant(variant: GLib.Variant): Message;
      set_fd_list(fd_list: Gio.UnixFDList | null): boolean;
      set_socket(socket: Gio.Socket | null): boolean;
      ref(): Message;
      unref(): void;
      get_text(): string;
      get_root(): Json.Node;
      has(pointer: string): boolean;
      get_int64(pointer: string): number;
      get_double(pointer: string): number;
      get_boolean(pointer: string): boolean;
      dup_string(pointer: string): string;
      get_length(pointer: string): number;
      dup_variant(pointer: string, type: GLib.VariantType | null): GLib.Variant;
      get_fd_list(): Gio.UnixFDList | null;
      /** The message as a value of JavaScript. */
      readonly value: any;
      toJSON(): any;
      toString(): string;
    }

    interface Sender {
      send(value: Sendable): boolean;
      send_async(value: Sendable, cancellable?: Gio.Cancellable | null): Promise<boolean>;
      send_async(value: Sendable, cancellable: Gio.Cancellable | null,
        callback: Ready<this> | null): void;
      send_finish(result: Gio.AsyncResult): boolean;
      receive_async(cancellable?: Gio.Cancellable | null): Promise<Message | null>;
      receive_async(cancellable: Gio.Cancellable | null, callback: Ready<this> | null): void;
      receive_finish(result: Gio.AsyncResult): Message | null;

      notify_peer(method: string, params?: Sendable): boolean;
      /** The answer, as a value. */
      request(method: string, params?: Sendable, timeout?: number,
        cancellable?: Gio.Cancellable | null): any;
      request_async(method: string, params?: Sendable, timeout?: number,
        cancellable?: Gio.Cancellable | null): Promise<any>;
      request_async(method: string, params: Sendable, timeout: number,
        cancellable: Gio.Cancellable | null, callback: Ready<this> | null): void;
      request_finish(result: Gio.AsyncResult): Message;

      /** Connects to `message`; what comes is a value. */
      onMessage(callback: (value: any, message: Message) => void): number;
      /** The messages that no loop has taken, as values, until the channel is closed. */
      messages(): AsyncIterableIterator<any>;
    }

    interface WorkerProperties extends ChildProperties {
      readonly channel: Channel;
      channel_fd: number;
    }

    interface Worker extends Both<WorkerProperties>, Sender {}
    class Worker extends Child {
      constructor(properties?: Settable<WorkerProperties, ChildSettable | 'channel_fd'>);
      constructor(module: string | string[], options?: WorkerOptions);
      constructor(module: string, args: Array<string | number | Gio.File>, options?: WorkerOptions);
      constructor(command: Command, options?: RunOptions & Pick<WorkerOptions, 'channelFd'>);
      static new(module: string, args: string[] | null): Worker;
      // It hides another one in the parent class.
      static new(...args: never): any;
      static new_for_command(command: Command): Worker;

      connect<K extends keyof WorkerSignals>(signal: K, callback: Handler<this, WorkerSignals[K]>):
        number;
      connect(signal: NotifySignal, callback: Handler<this, [GObject.ParamSpec]>): number;

      get_channel(): Channel;
      get_channel_fd(): number;
      set_channel_fd(channel_fd: number): void;
      close_channel(): void;
    }

    interface PipelineProperties {
      readonly state: State;
      readonly timed_out: boolean;
      readonly failed_stage: number;
      timeout: number;
      pipefail: boolean;
    }

    interface PipelineSignals {
      'closed': [];
    }

    interface Pipeline extends Both<PipelineProperties> {}
    class Pipeline extends GObject.Object {
      static new(): Pipeline;
      constructor(properties?: Partial<Pick<PipelineProperties, 'timeout' | 'pipefail'>>);
      connect<K extends keyof PipelineSignals>(signal: K,
        callback: Handler<this, PipelineSignals[K]>): number;
      connect(signal: NotifySignal, callback: Handler<this, [GObject.ParamSpec]>): number;

      append(command: Command): Child;
      append_child(child: Child): Child;
      get_n_items(): number;
      get_item(position: number): Child | null;
      start(): boolean;
      start_async(cancellable?: Gio.Cancellable | null): Promise<boolean>;
      start_async(cancellable: Gio.Cancellable | null, callback: Ready<this> | null): void;
      start_finish(result: Gio.AsyncResult): boolean;
      /** With a signal: sends that. false: all stages have ended. */
      kill(signal?: number | string): boolean;
      send_signal(signum: number | string): boolean;
      wait(cancellable: Gio.Cancellable | null): boolean;
      wait_async(cancellable?: Gio.Cancellable | null): Promise<boolean>;
      wait_async(cancellable: Gio.Cancellable | null, callback: Ready<this> | null): void;
      wait_finish(result: Gio.AsyncResult): boolean;
      wait_check(cancellable: Gio.Cancellable | null): boolean;
      wait_check_async(cancellable?: Gio.Cancellable | null): Promise<boolean>;
      wait_check_async(cancellable: Gio.Cancellable | null, callback: Ready<this> | null): void;
      wait_check_finish(result: Gio.AsyncResult): boolean;
      get_state(): State;
      get_timeout(): number;
      set_timeout(msec: number): void;
      get_timed_out(): boolean;
      get_pipefail(): boolean;
      set_pipefail(pipefail: boolean): void;
      get_failed_stage(): number;
    }

    enum PoolState { IDLE, RUNNING, FAILED, CLOSING, CLOSED }

    interface PoolProperties {
      readonly command: Command;
      readonly state: PoolState;
      readonly congested: boolean;
      setup: Message | null;
      size: number;
      min_size: number;
      concurrency: number;
      max_queue: number;
      idle_timeout: number;
      start_timeout: number;
      max_requests: number;
      max_age: number;
      max_rss: number;
      retries: number;
      cancel_grace: number;
      restart_intensity: number;
      restart_period: number;
      restart_delay: number;
      prepared: number;
    }

    interface PoolSignals {
      'worker-started': [Worker];
      'worker-ended': [Worker, GLib.Error | null];
      'message': [Worker, Message];
      'request-received': [Worker, Request];
      'failed': [GLib.Error];
      'drained': [];
    }

    interface Pool extends Both<PoolProperties> {}
    class Pool extends GObject.Object {
      static new(command: Command, size: number): Pool;
      connect<K extends keyof PoolSignals>(signal: K, callback: Handler<this, PoolSignals[K]>):
        number;
      connect(signal: NotifySignal, callback: Handler<this, [GObject.ParamSpec]>): number;

      get_command(): Command;
      get_state(): PoolState;
      get_congested(): boolean;
      get_size(): number;
      set_size(size: number): void;
      get_setup(): Message | null;
      set_setup(setup: Message | null): void;
      request_async(method: string, params?: Sendable, timeout?: number,
        cancellable?: Gio.Cancellable | null): Promise<any>;
      request_async(method: string, params: Sendable, timeout: number,
        cancellable: Gio.Cancellable | null, callback: Ready<this> | null): void;
      map(method: string, items: Iterable<Sendable> | AsyncIterable<Sendable>,
        options?: {inFlight?: number; timeout?: number}): AsyncGenerator<any, void, void>;
      request_full_async(method: string, params: Message | null, priority: number,
        key: string | null, timeout: number, cancellable: Gio.Cancellable | null,
        callback: Ready<this> | null): void;
      request_finish(result: Gio.AsyncResult): Message;
      static request_get_error_data(result: Gio.AsyncResult): Message | null;
      broadcast(method: string, params: Message | null): void;
      drain_async(cancellable?: Gio.Cancellable | null): Promise<boolean>;
      drain_async(cancellable: Gio.Cancellable | null, callback: Ready<this> | null): void;
      drain_finish(result: Gio.AsyncResult): boolean;
      close_async(cancellable?: Gio.Cancellable | null): Promise<boolean>;
      close_async(cancellable: Gio.Cancellable | null, callback: Ready<this> | null): void;
      close_finish(result: Gio.AsyncResult): boolean;
      abort(): void;
      dup_statistics(): GLib.Variant;
    }

    interface RequestProperties {
      readonly method: string;
      readonly params: Message | null;
      readonly cancellable: Gio.Cancellable;
      readonly is_notification: boolean;
    }

    interface Request extends Both<RequestProperties> {}
    class Request extends GObject.Object {
      get_method(): string;
      get_params(): Message | null;
      get_cancellable(): Gio.Cancellable;
      get_is_notification(): boolean;
      reply(result?: Sendable): boolean;
      reply_error(code: number, message: string, data?: Sendable): boolean;
    }

    interface ChannelProperties {
      readonly connected: boolean;
      readonly congested: boolean;
      readonly queued_bytes: number;
      max_message_size: number;
      exit_flush_timeout: number;
      busy_poll: boolean;
      io_priority: number;
    }

    interface Channel extends Both<ChannelProperties>, Sender {}
    class Channel extends GObject.Object {
      /** In a worker: the end that leads to the parent; null where there is none. */
      static get_parent(): Channel | null;
      static new_for_socket(socket: Gio.Socket): Channel;
      static new_for_streams(input: Gio.InputStream, output: Gio.OutputStream): Channel;
      static request_get_error_data(result: Gio.AsyncResult): Message | null;

      connect<K extends keyof ChannelSignals>(signal: K,
        callback: Handler<this, ChannelSignals[K]>): number;
      connect(signal: NotifySignal, callback: Handler<this, [GObject.ParamSpec]>): number;

      get_connected(): boolean;
      get_congested(): boolean;
      get_queued_bytes(): number;
      get_max_message_size(): number;
      set_max_message_size(max_message_size: number): void;
      get_exit_flush_timeout(): number;
      set_exit_flush_timeout(exit_flush_timeout: number): void;
      get_busy_poll(): boolean;
      set_busy_poll(busy_poll: boolean): void;
      get_io_priority(): number;
      set_io_priority(io_priority: number): void;
      pause(): void;
      resume(): void;
      /** What the function throws is the answer; null takes it away. */
      serve(method: string, func: ((channel: Channel, request: Request) => unknown) | null): void;
      flush(cancellable: Gio.Cancellable | null): boolean;
      flush_async(cancellable?: Gio.Cancellable | null): Promise<boolean>;
      flush_async(cancellable: Gio.Cancellable | null, callback: Ready<this> | null): void;
      flush_finish(result: Gio.AsyncResult): boolean;
      close(): void;
    }
  }

  export default Cproc;
}

declare module 'gi://Cproc' {
  import Cproc from 'gi://Cproc?version=1';
  export default Cproc;
}
