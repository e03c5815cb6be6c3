// The configuration of a Slurm whose nodes all are this host: no systemd, no cgroups, no database.

/** Names of the nodes. */
export const NODES = ['n0', 'n1', 'n2'];

/**
 * @param {object} options
 * @param {string} options.dir folder of everything that this Slurm keeps
 * @param {string} options.host name of this host, without a domain
 * @param {number} options.controllerPort
 * @param {number[]} options.nodePorts one for each node
 * @param {number} [options.graceSec] from SIGTERM to SIGKILL of a preempted job
 * @param {string} [options.requeueExit] exit codes after which a job is requeued; '' for none
 * @param {string} [options.extra] more lines
 * @returns {string} the text of `slurm.conf`
 */
export function slurmConf({
  dir,
  host,
  controllerPort,
  nodePorts,
  graceSec = 10,
  requeueExit = '75',
  extra = '',
}) {
  const lines = {
    ClusterName: 'holdfast',
    SlurmctldHost: `${host}(127.0.0.1)`,
    SlurmctldPort: controllerPort,
    SlurmUser: 'root',
    SlurmdUser: 'root',
    AuthType: 'auth/munge',
    // A requeued job waits for its credential to expire: 120 s by default.
    AuthInfo: `socket=${dir}/munge.socket,cred_expire=5`,
    StateSaveLocation: `${dir}/state`,
    SlurmdSpoolDir: `${dir}/spool.%n`,
    SlurmctldPidFile: `${dir}/slurmctld.pid`,
    SlurmdPidFile: `${dir}/slurmd.%n.pid`,
    SlurmctldLogFile: `${dir}/slurmctld.log`,
    SlurmdLogFile: `${dir}/slurmd.%n.log`,
    ProctrackType: 'proctrack/linuxproc',
    TaskPlugin: 'task/none',
    JobAcctGatherType: 'jobacct_gather/none',
    MpiDefault: 'none',
    AccountingStorageType: 'accounting_storage/none',
    JobCompType: 'jobcomp/filetxt',
    JobCompLoc: `${dir}/ended-jobs.txt`,
    SelectType: 'select/cons_tres',
    SelectTypeParameters: 'CR_CPU',
    SchedulerType: 'sched/backfill',
    SchedulerParameters: 'sched_interval=1,sched_min_interval=0,bf_interval=1',
    PreemptType: 'preempt/partition_prio',
    PreemptMode: 'REQUEUE',
    JobRequeue: 1,
    ...(requeueExit === '' ? {} : { RequeueExit: requeueExit }),
    KillWait: 5,
    MinJobAge: 600,
    // A node is down after this long; connection attempts to it (MessageTimeout) come on top.
    SlurmdTimeout: 6,
    MessageTimeout: 3,
    SlurmctldTimeout: 10,
    ReturnToService: 2,
    // The nodes together have more CPUs than this host.
    SlurmdParameters: 'config_overrides',
    GresTypes: 'gpu',
  };
  const nodes = NODES.map(
    (name, index) =>
      `NodeName=${name} NodeHostname=${host} NodeAddr=127.0.0.1 Port=${nodePorts[index]} CPUs=4 RealMemory=2000 Gres=gpu:1 State=UNKNOWN`,
  );
  const all = `Nodes=${NODES.join(',')} MaxTime=60 State=UP`;
  return [
    ...Object.entries(lines).map(([name, value]) => `${name}=${value}`),
    ...nodes,
    `PartitionName=low ${all} Default=YES PriorityTier=1 PreemptMode=REQUEUE GraceTime=${graceSec}`,
    `PartitionName=high ${all} PriorityTier=10 PreemptMode=OFF`,
    extra,
    '',
  ].join('\n');
}

/** The text of `gres.conf`: one GPU a node, as a device file without a GPU behind it. */
export const gresConf = () => NODES.map((name) => `NodeName=${name} Name=gpu File=/dev/null`).join('\n');
