// A place for an extension: what it throws while it renders stays in it.
import { Alert, AlertTitle, Button } from '@mui/material';
import { Component, type ComponentType, type ReactNode } from 'react';
import { textOf } from '../contract/journal';
import type { ExtensionProps, ExtensionType } from '../contract/types';
import { COMPAT, journal, type Placed } from './state';
import { aboutToShow } from './watchdog';

interface BoundaryProps {
  plugin: string;
  place: string;
  children: ReactNode;
}

export class PluginErrorBoundary extends Component<BoundaryProps, { thrown?: unknown }> {
  override state: { thrown?: unknown } = {};

  static getDerivedStateFromError(thrown: unknown): { thrown: unknown } {
    return { thrown: thrown ?? new Error('it threw nothing') };
  }

  override componentDidCatch(thrown: unknown): void {
    journal.add(this.props.plugin, 'error', `${this.props.place} failed to render: ${textOf(thrown)}`);
  }

  override render(): ReactNode {
    if (this.state.thrown === undefined) return this.props.children;
    return (
      <Alert
        severity="error"
        data-testid={`plugin-error-${this.props.plugin}`}
        action={
          <Button color="inherit" size="small" onClick={() => this.setState({ thrown: undefined })}>
            Try Again
          </Button>
        }
      >
        <AlertTitle>Plugin Error</AlertTitle>
        {textOf(this.state.thrown)}
      </Alert>
    );
  }
}

/** Where today's OpenEverest has no boundary, a failing extension takes the page with it. */
const UNGUARDED_UPSTREAM: readonly ExtensionType[] = ['instanceCreateFormSection', 'instanceEditFormSection'];

export function Slot<T extends ExtensionType>({ placed, props }: { placed: Placed<T>; props: ExtensionProps[T] }) {
  const Shown = placed.extension.component as ComponentType<ExtensionProps[T]> | undefined;
  const type = placed.extension.type;
  if (!Shown) return <Alert severity="warning">{`${placed.plugin}: the ${type} has no component`}</Alert>;
  aboutToShow(placed.plugin);
  const shown = <Shown {...(props as ExtensionProps[T] & JSX.IntrinsicAttributes)} />;
  if (COMPAT === 'upstream' && UNGUARDED_UPSTREAM.includes(type)) return shown;
  return (
    <PluginErrorBoundary plugin={placed.plugin} place={type}>
      {shown}
    </PluginErrorBoundary>
  );
}
