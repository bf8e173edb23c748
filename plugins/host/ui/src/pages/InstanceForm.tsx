// Creating and editing: what plugins add to the forms, and what they get of it. The host itself creates nothing.
import {
  Accordion,
  AccordionDetails,
  AccordionSummary,
  Alert,
  Button,
  CircularProgress,
  MenuItem,
  Stack,
  TextField,
  Typography,
} from '@mui/material';
import { Component, useCallback, useMemo, useRef, useState, type FormEvent, type ReactNode } from 'react';
import { useParams } from 'react-router-dom';
import { textOf } from '../contract/journal';
import type { Instance, PluginConfig } from '../contract/types';
import { token } from '../shell/session';
import { Slot } from '../shell/slot';
import { journal, useExtensions, useShell, type Placed } from '../shell/state';
import { useInstance, useProviders } from './useInstances';

/** Configurations of a form by plugin: of two sections of one plugin the last one counts, as in OpenEverest. */
type Configs = Record<string, PluginConfig>;

/** The whole page is gone where a section fails and nothing guards it; the shell says so instead of being white. */
class PageGuard extends Component<{ children: ReactNode }, { thrown?: unknown }> {
  override state: { thrown?: unknown } = {};
  static getDerivedStateFromError(thrown: unknown): { thrown: unknown } {
    return { thrown: thrown ?? new Error('it threw nothing') };
  }
  override componentDidCatch(thrown: unknown): void {
    journal.add('shell', 'error', `a form section failed; in current OpenEverest the whole page fails: ${textOf(thrown)}`);
  }
  override render(): ReactNode {
    if (this.state.thrown === undefined) return this.props.children;
    return (
      <Alert severity="error" data-testid="page-gone">
        {`A form section of a plugin failed. Current OpenEverest has no error boundary here: the whole page would be blank. ${textOf(this.state.thrown)}`}
      </Alert>
    );
  }
}

function Section({ label, plugin, children }: { label: string; plugin: string; children: ReactNode }) {
  return (
    <Accordion variant="outlined" disableGutters data-testid={`plugin-section-${plugin}`}>
      <AccordionSummary
        expandIcon={
          <svg width="20" height="20" viewBox="0 0 24 24" aria-hidden="true" fill="none" stroke="currentColor" strokeWidth="2">
            <path d="M6 9l6 6l6-6" />
          </svg>
        }
      >
        <Typography component="span">{label}</Typography>
      </AccordionSummary>
      <AccordionDetails>{children}</AccordionDetails>
    </Accordion>
  );
}

/** What one plugin's section calls; the same function as long as the form is open. */
function useOnChange(configs: React.MutableRefObject<Configs>) {
  const made = useRef(new Map<string, (config: PluginConfig) => void>());
  return useCallback(
    (plugin: string) => {
      const known = made.current.get(plugin);
      if (known) return known;
      const onChange = (config: PluginConfig): void => {
        configs.current[plugin] = config;
      };
      made.current.set(plugin, onChange);
      return onChange;
    },
    [configs],
  );
}

const titleOf = (placed: Placed<'instanceCreateFormSection'> | Placed<'instanceEditFormSection'>): string =>
  placed.extension.label ?? placed.plugin;

/** Sends each plugin its configuration; gives a line for each. */
async function handOver(cluster: string, instance: string, namespace: string, configs: Configs): Promise<string[]> {
  const lines: string[] = [];
  for (const [plugin, config] of Object.entries(configs)) {
    if (Object.keys(config).length === 0) continue;
    const path = `/v1/clusters/${encodeURIComponent(cluster)}/plugins/${encodeURIComponent(plugin)}/instance-config`;
    let came: string;
    let isGood = false;
    try {
      const answer = await fetch(path, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token()}` },
        body: JSON.stringify({ instance, namespace, config }),
      });
      isGood = answer.ok;
      came = String(answer.status);
    } catch (thrown) {
      came = textOf(thrown);
    }
    lines.push(`${plugin}: POST instance-config: ${came}`);
    const silent = isGood ? '' : " (current OpenEverest does not show this failure)";
    journal.add(plugin, isGood ? 'info' : 'error', `instance-config for ${namespace}/${instance}: ${came}${silent}`);
  }
  return lines;
}

export function CreateInstance() {
  const { cluster, namespaces } = useShell();
  const providers = useProviders();
  const [name, setName] = useState('');
  const [typed, setNamespace] = useState<string>();
  const [provider, setProvider] = useState('');
  const [sent, setSent] = useState<string[]>();
  const configs = useRef<Configs>({});
  const onChange = useOnChange(configs);
  const namespace = typed ?? namespaces[0] ?? '';
  const sections = useExtensions('instanceCreateFormSection', { name: provider });
  const formValues = useMemo(() => ({ dbName: name, k8sNamespace: namespace, provider }), [name, namespace, provider]);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const shown = new Set(sections.map((section) => section.plugin));
    const wanted = Object.fromEntries(Object.entries(configs.current).filter(([plugin]) => shown.has(plugin)));
    setSent(await handOver(cluster, name, namespace, wanted));
  };
  return (
    <Stack component="form" spacing={2} sx={{ maxWidth: 760 }} onSubmit={(event) => void submit(event)}>
      <Typography variant="h4" component="h1">
        Create database
      </Typography>
      <Alert severity="info">
        The development host creates no databases. Creating here tells plugins what OpenEverest tells them afterwards: POST
        instance-config.
      </Alert>
      <TextField label="Name" value={name} required onChange={(event) => setName(event.target.value)} />
      <TextField select label="Namespace" value={namespace} onChange={(event) => setNamespace(event.target.value)}>
        {namespaces.map((known) => (
          <MenuItem key={known} value={known}>
            {known}
          </MenuItem>
        ))}
      </TextField>
      <TextField select label="Provider" value={provider} onChange={(event) => setProvider(event.target.value)}>
        <MenuItem value="">none</MenuItem>
        {(providers.value ?? []).map((known) => (
          <MenuItem key={known} value={known}>
            {known}
          </MenuItem>
        ))}
      </TextField>
      <PageGuard>
        {sections.map((section) => (
          <Section key={section.key} label={titleOf(section)} plugin={section.plugin}>
            <Slot placed={section} props={{ formValues, onChange: onChange(section.plugin), namespace }} />
          </Section>
        ))}
      </PageGuard>
      <Button type="submit" variant="contained" sx={{ alignSelf: 'start' }}>
        Create
      </Button>
      {sent && (
        <Alert severity="success" data-testid="handed-over">
          {sent.length === 0 ? 'No plugin has a configuration.' : sent.map((line) => <div key={line}>{line}</div>)}
        </Alert>
      )}
    </Stack>
  );
}

export function EditInstance() {
  const { namespace = '', instanceName = '' } = useParams();
  const known = useInstance(namespace, instanceName);
  if (known.fault) return <Alert severity="error">{known.fault}</Alert>;
  if (!known.value) return <CircularProgress aria-label="loading the instance" />;
  return <EditForm instance={known.value} />;
}

function EditForm({ instance }: { instance: Instance }) {
  const { name, namespace } = instance.metadata;
  const provider = instance.spec.providerRef?.name;
  const sections = useExtensions('instanceEditFormSection', { name: provider });
  const configs = useRef<Configs>({});
  const onChange = useOnChange(configs);
  const [shown, setShown] = useState<string>();
  const formValues = useMemo(() => ({ dbName: name, k8sNamespace: namespace, provider }), [name, namespace, provider]);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setShown(JSON.stringify(configs.current, undefined, 2));
  };
  return (
    <Stack component="form" spacing={2} sx={{ maxWidth: 760 }} onSubmit={submit}>
      <Typography variant="h4" component="h1">{`Edit ${name}`}</Typography>
      <Alert severity="info">
        The development host changes no databases, and OpenEverest is known to send instance-config after creating only. Saving
        here shows what the sections have given.
      </Alert>
      <PageGuard>
        {sections.map((section) => (
          <Section key={section.key} label={titleOf(section)} plugin={section.plugin}>
            <Slot placed={section} props={{ formValues, onChange: onChange(section.plugin), namespace, instance }} />
          </Section>
        ))}
      </PageGuard>
      {sections.length === 0 && <Typography>No plugin adds to this form.</Typography>}
      <Button type="submit" variant="contained" sx={{ alignSelf: 'start' }}>
        Save
      </Button>
      {shown !== undefined && (
        <Alert severity="success" data-testid="edited">
          <pre>{shown}</pre>
        </Alert>
      )}
    </Stack>
  );
}
