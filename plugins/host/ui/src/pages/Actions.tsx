// The menu of an instance, in its row and on its page: `clusterAction` extensions open a dialog.
import { Button, Dialog, DialogContent, DialogTitle, Menu, MenuItem } from '@mui/material';
import { useState } from 'react';
import { Link } from 'react-router-dom';
import type { Instance } from '../contract/types';
import { Slot } from '../shell/slot';
import { useExtensions, type Placed } from '../shell/state';

export function Actions({ instance }: { instance: Instance }) {
  const { name, namespace } = instance.metadata;
  const actions = useExtensions('clusterAction', { name: instance.spec.providerRef?.name });
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const [open, setOpen] = useState<Placed<'clusterAction'>>();
  const close = (): void => setOpen(undefined);
  const label = (action: Placed<'clusterAction'>): string => action.extension.label ?? action.plugin;
  return (
    <>
      <Button
        size="small"
        aria-haspopup="menu"
        aria-label={`Actions of ${name}`}
        onClick={(event) => setAnchor(event.currentTarget)}
      >
        Actions
      </Button>
      <Menu anchorEl={anchor} open={anchor !== null} onClose={() => setAnchor(null)}>
        <MenuItem component={Link} to={`/databases/${namespace}/${name}/edit`} onClick={() => setAnchor(null)}>
          Edit
        </MenuItem>
        {actions.map((action) => (
          <MenuItem
            key={action.key}
            data-testid={`${name}-plugin-${action.plugin}`}
            onClick={() => {
              setAnchor(null);
              setOpen(action);
            }}
          >
            {label(action)}
          </MenuItem>
        ))}
      </Menu>
      {open && (
        <Dialog open onClose={close} maxWidth="md" fullWidth aria-labelledby="action-title">
          <DialogTitle id="action-title">{label(open)}</DialogTitle>
          <DialogContent>
            <Slot placed={open} props={{ cluster: instance, namespace, onClose: close }} />
          </DialogContent>
        </Dialog>
      )}
    </>
  );
}
